/** The session for every part of the page, and what parts ask of it most. */

import { useText } from "@opencec/ui";
import { createContext, useContext, useSyncExternalStore } from "react";
import type { WorkbenchKey } from "../locales/en";
import { type Action, enabledActions, type PhoneHint, whyNot } from "../session/buttons";
import type { View } from "../session/view";
import type { Workbench } from "../session/workbench";

export const SessionContext = createContext<Workbench | null>(null);

export function useSession(): Workbench {
  const session = useContext(SessionContext);
  if (!session) throw new Error("no session around this part");
  return session;
}

export function useView(): View {
  const session = useSession();
  return useSyncExternalStore(session.subscribe, session.view);
}

export const useWords = () => useText<WorkbenchKey>();

/** A call rings at the phone and waits for the agent's click. */
export const phoneHint = ({ phone }: View): PhoneHint => ({
  ringing: phone.call?.direction === "in" && phone.call.phase === "ringing" && !phone.call.automatic,
});

export interface Availability {
  enabled: boolean;
  /** Why not, in words; empty when enabled. */
  reason: string;
  busy: boolean;
}

/** Tells of each button whether it is on, and if not why. */
export function useAvailability(): (action: Action) => Availability {
  const view = useView();
  const text = useWords();
  const hint = phoneHint(view);
  const enabled = enabledActions(view.model, hint);
  return (action) => {
    const busy = view.pending.has(action);
    const off = (key: WorkbenchKey): Availability => ({ enabled: false, reason: text(key), busy });
    if (view.follows) return off("why.otherTab");
    if (!view.reachable) return off("why.offline");
    if (busy) return off("why.pending");
    if (!enabled.has(action)) return off(`why.${whyNot(action, view.model, hint)}`);
    return { enabled: true, reason: "", busy };
  };
}
