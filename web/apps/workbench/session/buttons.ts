/** Which buttons are on, as a table of situations. Every button that is off can say why. */

import { activeCall, heldCalls, isCustomerCall, type Model } from "./model";

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
  | "muted"
  | "held";

/** What the softphone knows before the gateway's events say so. */
export interface PhoneHint {
  ringing: boolean;
}

export function situationOf(model: Model, phone: PhoneHint): Situation {
  const active = activeCall(model);
  if (active) {
    if (active.phase === "alerting") return "alerting";
    if (active.phase === "ringing") return "ringing";
    if (active.phase === "dialing") return "dialing";
    if (active.muted) return "muted";
    return isCustomerCall(active) ? "customer" : "colleague";
  }
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
  customer: ["hangUp", "hold", "transfer", "dial", "mute"],
  colleague: ["hangUp"],
  muted: ["hangUp", "unmute"],
  held: ["retrieve", "callOut", "callInner"],
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
  return new Set([...(state === "request" ? requestButtons(model) : state), ...CALL_BUTTONS[situation]]);
}

export type Why =
  | "noCall"
  | "ringing"
  | "connecting"
  | "muted"
  | "held"
  | "internal"
  | "inCall"
  | "rest"
  | "fromRest"
  | "requested"
  | "already"
  | "state";

const CALL_ACTIONS = new Set<Action>(["hangUp", "hold", "mute", "transfer", "dial"]);

/** A plain reason for a button that is off; the first that applies. */
export function whyNot(action: Action, model: Model, phone: PhoneHint): Why {
  const situation = situationOf(model, phone);
  if (situation === "alerting" || situation === "ringing") return "ringing";
  if (situation === "connecting" || situation === "dialing") return "connecting";
  if (situation === "muted" && action !== "callOut" && action !== "callInner") return "muted";
  if (situation === "held") return CALL_ACTIONS.has(action) ? "held" : "inCall";
  if (situation === "colleague" && CALL_ACTIONS.has(action)) return "internal";
  if (situation === "customer" || situation === "colleague" || situation === "muted") return "inCall";
  if (CALL_ACTIONS.has(action) || action === "answer" || action === "reject") return "noCall";
  if (situation === "rest") return action === "callOut" || action === "callInner" ? "rest" : "fromRest";
  if (situation === "wrapup_requested") return "requested";
  return action === situation || (action === "ready" && situation === "idle") ? "already" : "state";
}

/** Outside numbers take a call over only when the customer called us. */
export function mayTransferOutside(model: Model): boolean {
  return activeCall(model)?.feature === 0;
}
