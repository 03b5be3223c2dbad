/** What the pages show: one immutable object, replaced at every change. */

import type { AgentAccount } from "@opencec/api-client";
import type { PhoneState } from "@opencec/softphone";
import type { Action } from "./buttons";
import type { Model } from "./model";

export type Stage = "signin" | "signing_in" | "restoring" | "working";

/** Why the last session ended without the agent's wish. */
export type Ended = "elsewhere" | "expired" | null;

export interface SignInProblem {
  kind: "wrong" | "locked" | "already" | "other_tab" | "phone" | "server" | "refused";
  /** Seconds, for `locked`. */
  retryAfterS: number | null;
  /** The server's own words, for `refused`. */
  message: string;
  code: string;
}

/** What may be under way or fail: the buttons, and what an inspector does with others. */
export type Doing = Action | "inspect" | "force" | "switchMedia";

export interface ActionProblem {
  action: Doing;
  /** Result code of the gateway; "lost" when the server did not answer, "microphone" when there is none. */
  code: string;
  message: string;
}

export interface View {
  stage: Stage;
  ended: Ended;
  problem: SignInProblem | null;
  account: AgentAccount | null;
  model: Model;
  phone: PhoneState;
  /** False while the gateway does not answer. */
  reachable: boolean;
  /** Another tab holds the phone; this one only shows. */
  follows: boolean;
  pending: ReadonlySet<Doing>;
  failed: ActionProblem | null;
}
