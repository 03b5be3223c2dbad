/** Which buttons are on, as a table of situations. Every button that is off can say why. */

import { activeCall, heldCalls, isConsult, isCustomerCall } from "@opencec/agent-calls";
import { type Call, isConference, type Model } from "./model";

export const ACTIONS = [
  "ready",
  "busy",
  "rest",
  "endRest",
  "work",
  "endWork",
  "answer",
  "reject",
  "hangUp",
  "hold",
  "retrieve",
  "mute",
  "unmute",
  "transfer",
  "dial",
  "consult",
  "threeWay",
  "takeBack",
  "connectHold",
  "callOut",
  "callInner",
  "signOut",
] as const;
export type Action = (typeof ACTIONS)[number];

export type Situation =
  | "idle"
  | "busy"
  | "rest"
  | "wrapup"
  | "wrapup_requested"
  | "alerting"
  | "connecting"
  | "ringing"
  | "dialing"
  | "customer"
  | "colleague"
  | "consult"
  | "conference"
  | "muted"
  | "held";

/** What the softphone knows before the gateway's events say so. */
export interface PhoneHint {
  ringing: boolean;
}

function inCall(call: Call): Situation {
  if (call.phase !== "talking" && call.phase !== "held") return call.phase;
  if (call.muted) return "muted";
  if (isConsult(call)) return "consult";
  if (isConference(call) || call.transferring) return "conference";
  return isCustomerCall(call) ? "customer" : "colleague";
}

export function situationOf(model: Model, phone: PhoneHint): Situation {
  const active = activeCall(model);
  if (active) return inCall(active);
  if (phone.ringing) return "alerting";
  if (heldCalls(model).length) return "held";
  if (model.state === "call") return "connecting";
  if (model.state === "wrapup" && model.requested) return "wrapup_requested";
  return model.state;
}

/**
 * State buttons per situation. `request` stands for busy and rest during a call: they are asked for now and
 * take effect afterwards, and may be withdrawn until then.
 */
const STATE_BUTTONS: Record<Situation, readonly Action[] | "request"> = {
  idle: ["work", "rest", "busy", "signOut"],
  busy: ["ready", "signOut"],
  rest: ["endRest", "signOut"],
  wrapup: ["busy", "rest", "endWork", "signOut"],
  wrapup_requested: ["endWork", "signOut"],
  alerting: [],
  connecting: "request",
  ringing: "request",
  dialing: "request",
  customer: "request",
  colleague: "request",
  consult: "request",
  conference: "request",
  muted: "request",
  held: [],
};

const CALL_BUTTONS: Record<Situation, readonly Action[]> = {
  idle: ["callOut", "callInner"],
  busy: ["callOut", "callInner"],
  rest: [],
  wrapup: ["callOut", "callInner"],
  wrapup_requested: [],
  alerting: ["answer", "reject", "hangUp"],
  connecting: [],
  ringing: ["answer", "reject", "hangUp"],
  dialing: ["hangUp"],
  customer: ["hangUp", "hold", "transfer", "dial", "mute", "consult"],
  colleague: ["hangUp"],
  consult: ["hangUp", "takeBack"],
  conference: ["hangUp", "takeBack"],
  muted: ["hangUp", "unmute"],
  held: ["retrieve", "callOut", "callInner"],
};

/** Beside an active call, what a held one makes possible. */
const WITH_HELD: Partial<Record<Situation, readonly Action[]>> = {
  customer: ["threeWay", "connectHold"],
  consult: ["threeWay", "connectHold"],
};

function requestButtons({ requested }: Model): readonly Action[] {
  if (requested === "busy") return ["ready"];
  if (requested === "rest") return ["endRest"];
  return ["busy", "rest"];
}

/** The buttons that are on. */
export function enabledActions(model: Model, phone: PhoneHint): ReadonlySet<Action> {
  const situation = situationOf(model, phone);
  const state = STATE_BUTTONS[situation];
  const withHeld = heldCalls(model).length ? (WITH_HELD[situation] ?? []) : [];
  return new Set([
    ...(state === "request" ? requestButtons(model) : state),
    ...CALL_BUTTONS[situation],
    ...withHeld,
  ]);
}

export type Why =
  | "noCall"
  | "ringing"
  | "connecting"
  | "muted"
  | "held"
  | "internal"
  | "needsHeld"
  | "inCall"
  | "rest"
  | "requested"
  | "state";

type Group = "call" | "held" | "place" | "state";

const GROUPS: Partial<Record<Action, Group>> = {
  answer: "call",
  reject: "call",
  hangUp: "call",
  hold: "call",
  retrieve: "call",
  mute: "call",
  unmute: "call",
  transfer: "call",
  dial: "call",
  consult: "call",
  threeWay: "held",
  takeBack: "call",
  connectHold: "held",
  callOut: "place",
  callInner: "place",
};

const WHY: Record<Situation, Record<Exclude<Group, "held">, Why>> = {
  idle: { call: "noCall", place: "state", state: "state" },
  busy: { call: "noCall", place: "state", state: "state" },
  rest: { call: "noCall", place: "rest", state: "rest" },
  wrapup: { call: "noCall", place: "state", state: "state" },
  wrapup_requested: { call: "noCall", place: "requested", state: "requested" },
  alerting: { call: "ringing", place: "ringing", state: "ringing" },
  ringing: { call: "ringing", place: "ringing", state: "ringing" },
  connecting: { call: "connecting", place: "connecting", state: "connecting" },
  dialing: { call: "connecting", place: "connecting", state: "connecting" },
  customer: { call: "inCall", place: "inCall", state: "inCall" },
  colleague: { call: "internal", place: "inCall", state: "inCall" },
  consult: { call: "internal", place: "inCall", state: "inCall" },
  conference: { call: "inCall", place: "inCall", state: "inCall" },
  muted: { call: "muted", place: "inCall", state: "inCall" },
  held: { call: "held", place: "held", state: "held" },
};

/** A plain reason for a button that is off. */
export function whyNot(action: Action, model: Model, phone: PhoneHint): Why {
  const situation = situationOf(model, phone);
  const group = GROUPS[action] ?? "state";
  if (group === "held") return situation === "customer" ? "needsHeld" : WHY[situation].call;
  return WHY[situation][group];
}

/** Outside numbers take a call over only when the customer called us. */
export function mayTransferOutside(model: Model): boolean {
  return activeCall(model)?.feature === 0;
}
