/** States of agents and contacts: one colour, one icon and one word each, everywhere. */

import type { ReactNode } from "react";
import { useText } from "./i18n";
import { Icon, type IconName } from "./icons";
import type { CommonKey } from "./locales/en";
import css from "./states.module.css";

export type ShownState = "idle" | "ringing" | "talking" | "hold" | "wrapup" | "busy" | "rest" | "out";

const ICONS: Record<ShownState, IconName> = {
  idle: "check",
  ringing: "phoneIn",
  talking: "phone",
  hold: "pause",
  wrapup: "note",
  busy: "minus",
  rest: "cup",
  out: "signOut",
};

export const stateIcon = (state: ShownState): IconName => ICONS[state];
export const stateWord = (state: ShownState): CommonKey => `state.${state}`;
/** A class that sets `--state` and `--state-soft` for whatever is inside. */
export const stateClass = (state: ShownState): string => css[state] ?? "";

export function StateBadge({ state, children }: { state: ShownState; children?: ReactNode }): ReactNode {
  const text = useText();
  return (
    <span className={`${css.badge} ${stateClass(state)}`} data-state={state}>
      <Icon name={ICONS[state]} size={16} />
      <span>{text(stateWord(state))}</span>
      {children}
    </span>
  );
}
