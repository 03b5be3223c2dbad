/** The board's words for agents' states, in the words that all pages share. */

import type { BoardAgent } from "@opencec/api-client";
import type { ShownState } from "@opencec/ui";

const SHOWN: Record<BoardAgent["state"], ShownState> = {
  signed_out: "out",
  idle: "idle",
  busy: "busy",
  rest: "rest",
  alerting: "ringing",
  talking: "talking",
  wrap_up: "wrapup",
};

export const boardState = (state: BoardAgent["state"]): ShownState => SHOWN[state];
