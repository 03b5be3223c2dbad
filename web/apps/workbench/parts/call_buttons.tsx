/** The softphone's buttons. Paired ones share a place; one that is off says why on hover. */

import { Icon, type IconName } from "@opencec/ui";
import { type ReactNode, useRef } from "react";
import type { Action } from "../session/buttons";
import type { Workbench } from "../session/workbench";
import css from "./call_buttons.module.css";
import { useAvailability, useSession, useWords } from "./context";
import { useDialogs } from "./dialogs";
import { SHORTCUTS } from "./shortcuts";

const ICONS: Partial<Record<Action, IconName>> = {
  answer: "phone",
  reject: "phoneDown",
  hangUp: "phoneDown",
  hold: "pause",
  retrieve: "play",
  mute: "mic",
  unmute: "micOff",
  transfer: "transfer",
  dial: "keypad",
  consult: "users",
  threeWay: "merge",
  takeBack: "undo",
  connectHold: "join",
  callOut: "phoneOut",
};

/** Each place shows the first of its actions that is on; when none is, the one that was shown last stays. */
const PLACES: readonly (readonly Action[])[] = [
  ["answer"],
  ["hangUp", "reject"],
  ["hold", "retrieve"],
  ["mute", "unmute"],
  ["transfer"],
  ["consult", "takeBack"],
  ["threeWay"],
  ["connectHold"],
  ["dial"],
  ["callOut"],
];
/** Shown only when they can be used: they matter in a consultation alone. */
const OCCASIONAL = new Set<Action>(["threeWay", "connectHold"]);

export function useRun(): (action: Action) => void {
  const session: Workbench = useSession();
  const { open } = useDialogs();
  return (action) => {
    switch (action) {
      case "transfer":
        return open("transfer");
      case "consult":
        return open("consult");
      case "dial":
        return open("dial");
      case "rest":
        return open("rest");
      case "callOut":
      case "callInner":
        return open("call");
      case "busy":
        return void session.busy(0);
      case "retrieve":
        return void session.retrieve();
      case "threeWay":
        return void session.threeWay();
      case "connectHold":
        return void session.connectHold();
      default:
        return void session[action]();
    }
  };
}

export function CallButtons(): ReactNode {
  const text = useWords();
  return (
    <div className={css.buttons} role="toolbar" aria-label={text("bar.calls")} data-testid="call-buttons">
      {PLACES.map((actions) => (
        <Place key={actions[0]} actions={actions} />
      ))}
    </div>
  );
}

function Place({ actions }: { actions: readonly Action[] }): ReactNode {
  const text = useWords();
  const availability = useAvailability();
  const run = useRun();
  const [first = "answer"] = actions;
  const last = useRef<Action>(first);
  // Refusing is the better word while it rings; both hang-up and reject are on then.
  const ordered = actions.includes("reject") ? [...actions].reverse() : actions;
  const shown = ordered.find((action) => availability(action).enabled) ?? last.current;
  last.current = shown;
  const { enabled, reason } = availability(shown);
  if (!enabled && OCCASIONAL.has(shown)) return null;
  const label = text(`action.${shown}`);
  const key = SHORTCUTS[shown];
  return (
    <button
      type="button"
      className={`${css.button} ${css[shown] ?? ""}`}
      aria-disabled={!enabled}
      aria-keyshortcuts={key}
      title={enabled ? `${label}${key ? ` (${key.toUpperCase()})` : ""}` : `${label}: ${reason}`}
      onClick={() => enabled && run(shown)}
      data-testid={`btn-${shown}`}
    >
      <Icon name={ICONS[shown] ?? "phone"} size={20} />
      <span>{label}</span>
    </button>
  );
}
