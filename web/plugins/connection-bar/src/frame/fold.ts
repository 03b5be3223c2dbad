/** Folds the gateway's events into the model. Events that it does not know change nothing. */

import { CONFERENCE, callOf, heldCalls, isInTalk, partiesOf, withCall } from "@opencec/agent-calls";
import { callContent, type Envelope } from "@opencec/api-client";
import type { AgentState, Call, Model } from "./model";

const WITH_PICTURES = new Set(["2", "3", "6"]);
/** Media type of a video call (cc-gateway.md 8.4). */
const VIDEO_CALL = "19";

type Handler = (model: Model, event: Envelope, now: number) => Model;

/** The model with another state; its timer runs on when the state stays. */
function enter(model: Model, state: AgentState, now: number): Model {
  return {
    ...model,
    state,
    since: model.state === state ? model.since : now,
    requested: state === "inCall" || state === "wrapUp" ? model.requested : null,
    rest: state === "rest" ? model.rest : null,
  };
}

/** An agent who is free, busy, resting or wrapping up has no call but held ones. */
const settle =
  (state: AgentState): Handler =>
  (model, _, now) => {
    const calls = heldCalls(model);
    return { ...enter(model, state, now), calls, transfer: null };
  };

/** Busy and rest may be confirmed while the call goes on. */
const orLater =
  (requested: "busy" | "rest"): Handler =>
  (model, event, now) =>
    isInTalk(model) ? { ...model, requested } : settle(requested)(model, event, now);

const withdraw: Handler = (model, event, now) =>
  isInTalk(model) ? { ...model, requested: null } : settle("idle")(model, event, now);

export const upsert = (model: Model, callid: string, change: Partial<Call>): Model =>
  withCall<Call, Model>(model, callid, change, () => ({
    callid,
    caller: "",
    called: "",
    feature: null,
    phase: "announced",
    queue: "",
    queueId: "",
    talkingAt: null,
    heldAt: null,
    muted: false,
    video: false,
    frozen: false,
    own: false,
    partners: "",
  }));

/** Whether the event says that both parties have pictures; nothing when it does not say (cc-gateway.md 8.5). */
function pictures(event: Envelope): Partial<Call> {
  const ability = field(event, "mediaAbility");
  if (!ability) return {};
  return WITH_PICTURES.has(ability) ? { video: true } : { video: false, frozen: false };
}

const field = (event: Envelope, name: string): string => {
  const content = event.content as Record<string, unknown> | null;
  const value = content && typeof content === "object" ? content[name] : "";
  return value === undefined || value === null ? "" : String(value);
};

/** The call is over for us. Without a known id it can only be the one that is not held. */
const drop: Handler = (model, event) => {
  const { callid } = callContent(event);
  const calls = callid ? model.calls.filter((call) => call.callid !== callid) : heldCalls(model);
  return { ...model, calls, transfer: null };
};

/** One of three parties left: the call goes on. Its end is told by other events. */
const partyLeft: Handler = (model, event, now) => {
  const { callid } = callContent(event);
  const call = callOf(model, callid);
  return call?.feature === CONFERENCE ? model : drop(model, event, now);
};

const rings: Handler = (model, event) => {
  const { callid, feature } = callContent(event);
  const known = callOf(model, callid);
  if (known?.phase === "talking") return model;
  return upsert(model, callid, { ...partiesOf(event), phase: feature === "7" ? "offHook" : "ringing" });
};

const transferResult: Handler = (model, event) => {
  if (callContent(event).result !== 0) return { ...model, transfer: null, notice: "transferFailed" };
  return model.transfer ? { ...model, transfer: "ready" } : model;
};

const failed =
  (notice: Model["notice"]): Handler =>
  (model, event, now) => ({ ...drop(model, event, now), notice });

const HANDLERS: Record<string, Handler> = {
  AgentState_Ready: settle("idle"),
  AgentState_Force_Ready: settle("idle"),
  AgentState_CancelNotReady_Success: withdraw,
  AgentState_CancelRest_Success: withdraw,
  AgentState_CancelWork_Success: settle("idle"),
  AgentState_SetNotReady_Success: orLater("busy"),
  AgentState_Force_SetNotReady: orLater("busy"),
  AgentState_SetRest_Success: orLater("rest"),
  AgentState_Rest_Timeout: (model) =>
    model.rest ? { ...model, rest: { ...model.rest, overdue: true } } : model,
  AgentState_Work: settle("wrapUp"),
  AgentState_SetWork_Success: settle("wrapUp"),
  AgentState_Busy: (model, _, now) => ({ ...enter(model, "inCall", now), notice: null }),
  AgentEvent_Incoming_CallInfo: (model, event) => {
    const { callid, skillName } = callContent(event);
    return upsert(model, callid, { ...partiesOf(event), queue: skillName, queueId: field(event, "skillId") });
  },
  AgentOther_PhoneOffhook: (model) => {
    const call = model.calls.find(
      ({ phase, feature }) => phase === "announced" && (feature === 7 || feature === 6),
    );
    return call?.own ? upsert(model, call.callid, { phase: "offHook" }) : model;
  },
  AgentEvent_Ringing: rings,
  AgentEvent_Auto_Answer: rings,
  AgentEvent_Customer_Alerting: (model, event) => {
    const { callid, otherPhone } = callContent(event);
    const known = callOf(model, callid);
    // A transfer's target rings under the call of the customer, which goes on.
    if (known?.phase === "talking" || known?.phase === "held") return model;
    const party = known?.called ? {} : { called: otherPhone };
    return upsert(model, callid, { ...party, phase: "outgoing", feature: known?.feature ?? 7 });
  },
  AgentEvent_Talking: (model, event, now) => {
    const { callid } = callContent(event);
    const talkingAt = callOf(model, callid)?.talkingAt ?? now;
    const next = upsert(model, callid, {
      ...partiesOf(event),
      ...pictures(event),
      phase: "talking",
      talkingAt,
      heldAt: null,
    });
    return { ...enter(next, "inCall", now), transfer: null };
  },
  AgentEvent_MediaSwith: (model, event) => {
    const { callid, reason } = callContent(event);
    const known = model.calls.some((call) => call.callid === callid);
    if (reason !== "0" || !known) return known ? { ...model, notice: "mediaRefused" } : model;
    return upsert(model, callid, { video: field(event, "mediaType") === VIDEO_CALL, frozen: false });
  },
  AgentEvent_Conference: (model, event, now) => {
    const { callid } = callContent(event);
    const own = model.calls.some((call) => call.own) || model.calls.length > 1;
    const talkingAt = callOf(model, callid)?.talkingAt ?? now;
    const partners = field(event, "partner");
    const joined = upsert(model, callid, {
      phase: "talking",
      feature: CONFERENCE,
      heldAt: null,
      video: false,
      frozen: false,
      talkingAt,
      partners,
      own,
    });
    return {
      ...joined,
      calls: joined.calls.filter((call) => call.callid === callid || call.phase === "announced"),
    };
  },
  AgentEvent_Hold: (model, event, now) =>
    upsert(model, callContent(event).callid, { phase: "held", heldAt: now, muted: false }),
  AgentEvent_Call_Release: drop,
  AgentEvent_Customer_Release: partyLeft,
  AgentEvent_No_Answer: drop,
  AgentEvent_No_Answer_From_Cti: drop,
  AgentEvent_Call_Out_Fail: failed("callFailed"),
  AgentEvent_Inside_Call_Fail: failed("callFailed"),
  AgentEvent_Connect_Fail: failed("callFailed"),
  AgentEvent_Consult_Fail: failed("consultFailed"),
  AgentEvent_SuccTransResult: transferResult,
  AgentEvent_TransOutResult: transferResult,
  // The phone is on its hook: nothing but held calls can be left.
  AgentOther_PhoneRelease: (model) => ({
    ...model,
    calls: heldCalls(model),
    transfer: null,
  }),
};

/** The model after an event; the same object when the event says nothing new. `now`: server clock, milliseconds. */
export function fold(model: Model, event: Envelope, now: number): Model {
  if (model.state === "signedOut") return model;
  return HANDLERS[event.eventType]?.(model, event, event.eventGenTime ?? now) ?? model;
}

/** States by the gateway's number (cc-gateway.md 4.1). */
export const BY_CODE: Record<number, AgentState> = {
  3: "busy",
  4: "idle",
  5: "wrapUp",
  6: "idle",
  7: "inCall",
  8: "rest",
};
