/** What the bar knows of its agent and calls, and which row of the state table that is. */

import { activeCall, heldCalls, isCustomerCall } from "@opencec/agent-calls";
import type { Overlay, RowName } from "./state_table";

export type AgentState = "signedOut" | "idle" | "busy" | "rest" | "wrapUp" | "inCall";

/** `offHook`: our phone is up for a call of our own; `outgoing`: the other side rings. */
export type Phase = "announced" | "ringing" | "offHook" | "outgoing" | "talking" | "held";

export interface Call {
  callid: string;
  caller: string;
  called: string;
  /** Call type of the gateway (cc-gateway.md 8.1); null when unknown. */
  feature: number | null;
  phase: Phase;
  queue: string;
  queueId: string;
  talkingAt: number | null;
  heldAt: number | null;
  muted: boolean;
  /** Both parties have pictures, as the gateway says. */
  video: boolean;
  /** The other party sees the agent's last picture only. */
  frozen: boolean;
  /** The consult or conference was begun here. */
  own: boolean;
  /** Numbers in the conference, as the gateway names them. */
  partners: string;
}

export interface Model {
  state: AgentState;
  since: number;
  /** Asked for and not granted yet. */
  requested: "busy" | "rest" | null;
  rest: { until: number; overdue: boolean } | null;
  calls: Call[];
  /** A transfer to an outside number in talk or three-party mode; `ready` when it can be taken back. */
  transfer: "running" | "ready" | null;
  autoAnswer: boolean;
  /** Something that the agent must know; cleared by the next click. */
  notice:
    | "transferFailed"
    | "callFailed"
    | "consultFailed"
    | "mediaRefused"
    | "signedOutElsewhere"
    | "sessionOver"
    | null;
}

export const signedOut = (now: number): Model => ({
  state: "signedOut",
  since: now,
  requested: null,
  rest: null,
  calls: [],
  transfer: null,
  autoAnswer: false,
  notice: null,
});

/** Calls among agents: the row when others began them, and when this agent did. */
const AMONG_AGENTS: Record<number, readonly [RowName, RowName]> = {
  6: ["internal", "internal"],
  51: ["consult", "ownConsult"],
  52: ["consult", "ownConsult"],
  53: ["conference", "ownConference"],
};

function talking(model: Model, call: Call): RowName {
  if (model.transfer) return model.transfer === "ready" ? "externalTransferReady" : "externalTransfer";
  if (call.muted) return "muted";
  if (isCustomerCall(call)) return heldCalls(model).length ? "customerAndHeld" : "customer";
  const [theirs, ours] = AMONG_AGENTS[call.feature ?? -1] ?? (["unknownCall", "unknownCall"] as const);
  if (!call.own) return theirs;
  return ours === "ownConsult" && heldCalls(model).length ? "ownConsultAndHeld" : ours;
}

/**
 * The row of the state table.
 *
 * @param phoneRings our phone rings, which is known before the gateway announces the call
 */
export function rowOf(model: Model, phoneRings: boolean): RowName {
  if (model.state === "signedOut") return "signedOut";
  const active = activeCall(model);
  if (active && active.phase !== "announced")
    return active.phase === "talking" ? talking(model, active) : phaseRow(active);
  if (phoneRings && !model.autoAnswer) return "ringing";
  if (active) return "connecting";
  if (heldCalls(model).length) return "held";
  if (model.state === "inCall") return "connecting";
  if (model.state === "wrapUp" && model.requested) return "requestedInWrapUp";
  return model.state;
}

const PHASE_ROWS = { ringing: "ringing", offHook: "offHook", outgoing: "outgoing" } as const;
const phaseRow = (call: Call): RowName => PHASE_ROWS[call.phase as keyof typeof PHASE_ROWS] ?? "connecting";

/** What was asked for and waits changes the state buttons. */
export function overlayOf(model: Model): Overlay | null {
  if (!model.requested) return null;
  if (model.state === "inCall")
    return model.requested === "busy" ? "busyRequestedInCall" : "restRequestedInCall";
  return model.state === "idle" && model.requested === "rest" ? "restRequestedWhileIdle" : null;
}
