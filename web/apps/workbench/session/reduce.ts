/** Turns the gateway's events into the model. Unknown events change nothing. */

import {
  CONFERENCE,
  callOf,
  isInTalk,
  isInternal,
  isOutbound,
  otherNumber,
  partiesOf,
  withCall,
} from "@opencec/agent-calls";
import { type CallInfo, callContent, type Envelope } from "@opencec/api-client";
import {
  type AgentState,
  type Call,
  initialModel,
  isConference,
  LOG_LIMIT,
  type Model,
  type Outcome,
} from "./model";

interface Step {
  event: Envelope;
  /** Server clock, milliseconds. */
  now: number;
}

type Handler = (model: Model, step: Step) => Model;

/** Enters a state; its timer starts only when the state is a new one. */
function enter(model: Model, state: AgentState, now: number): Model {
  const since = model.state === state ? model.since : now;
  const wrapUpUntil = state === "wrapup" && model.state === "wrapup" ? model.wrapUpUntil : 0;
  const inspecting = state === "call" ? model.inspecting : null;
  const rest = state === "rest" ? model.rest : null;
  return { ...model, state, since, requested: null, rest, wrapUpUntil, inspecting };
}

function outcomeOf(call: Call, outcome: Outcome): Outcome {
  if (call.transferred) return "transferred";
  if (call.talkingAt !== null) return "answered";
  return isOutbound(call) ? "failed" : outcome;
}

function finish(model: Model, call: Call, outcome: Outcome, now: number, workno: string): Model {
  const entry = {
    callid: call.callid,
    number: otherNumber(call, workno),
    queue: call.queue,
    outbound: isOutbound(call),
    internal: isInternal(call),
    at: call.offeredAt,
    talkedMs: call.talkingAt === null ? null : Math.max(0, now - call.talkingAt),
    outcome: outcomeOf(call, outcome),
  };
  return {
    ...model,
    calls: model.calls.filter((each) => each !== call),
    log: [entry, ...model.log].slice(0, LOG_LIMIT),
  };
}

function finishAll(model: Model, outcome: Outcome, { now, event }: Step, keep = new Set<string>()): Model {
  const gone = model.calls.filter((call) => !keep.has(call.phase));
  return gone.reduce((next, call) => finish(next, call, outcome, now, event.workNo), model);
}

function end(outcome: Outcome): Handler {
  return (model, step) => {
    const { callid } = callContent(step.event);
    const call = callOf(model, callid);
    if (call) return finish(model, call, outcome, step.now, step.event.workNo);
    // Without a known id it can only be the call that is not held.
    return callid ? model : finishAll(model, outcome, step, new Set(["held"]));
  };
}

const upsert = (model: Model, callid: string, now: number, change: Partial<Call>): Model =>
  withCall<Call, Model>(model, callid, change, () => ({
    callid,
    caller: "",
    called: "",
    feature: null,
    phase: "alerting",
    queue: "",
    beganAt: null,
    offeredAt: now,
    talkingAt: null,
    heldAt: null,
    muted: false,
    transferred: false,
    data: "",
    accessCode: "",
    queueId: 0,
    path: [],
    partners: [],
    transferring: false,
  }));

const becomeIdle: Handler = (model, step) => {
  if (isInTalk(model) && model.requested) return { ...model, requested: null, wish: null };
  const { now } = step;
  const freed = finishAll(model, "missed", step);
  return { ...enter(freed, "idle", now), since: model.state === "idle" ? model.since : now, wish: null };
};

/** Cancels a busy or rest that was only asked for; otherwise the agent is idle. */
const withdraw: Handler = (model, step) =>
  isInTalk(model) ? { ...model, requested: null, wish: null } : becomeIdle(model, step);

const becomeBusy: Handler = (model, step) => {
  if (isInTalk(model)) return { ...model, requested: "busy" };
  const { reason } = callContent(step.event);
  const freed = finishAll(model, reason === "7" ? "rejected" : "missed", step);
  const busyReason = Number(reason || 0);
  const since = model.state === "busy" && busyReason === model.busyReason ? model.since : step.now;
  return { ...enter(freed, "busy", step.now), busyReason, since };
};

const becomeRest: Handler = (model, step) => {
  if (isInTalk(model)) return { ...model, requested: "rest" };
  const { reason, seconds } = model.wish ?? { reason: 0, seconds: 0 };
  const rest = { reason, until: step.now + seconds * 1000, overdue: false };
  return { ...enter(finishAll(model, "missed", step), "rest", step.now), rest, wish: null };
};

const becomeWrapUp: Handler = (model, step) => {
  const { requested } = model;
  const next = enter(finishAll(model, "answered", step), "wrapup", step.now);
  return { ...next, requested };
};

const ringing: Handler = (model, { event, now }) => {
  const { callid, feature } = callContent(event);
  const known = callOf(model, callid);
  const phase = known?.phase === "talking" ? "talking" : feature === "7" ? "dialing" : "ringing";
  return upsert(model, callid, now, { ...partiesOf(event), phase });
};

const HANDLERS: Record<string, Handler> = {
  AgentState_Ready: becomeIdle,
  AgentState_Force_Ready: becomeIdle,
  AgentState_CancelNotReady_Success: withdraw,
  AgentState_CancelRest_Success: withdraw,
  AgentState_CancelWork_Success: becomeIdle,
  AgentState_SetNotReady_Success: becomeBusy,
  AgentState_Force_SetNotReady: becomeBusy,
  AgentState_SetRest_Success: becomeRest,
  AgentState_Rest_Timeout: (model) =>
    model.rest ? { ...model, rest: { ...model.rest, overdue: true } } : model,
  AgentState_Work: becomeWrapUp,
  AgentState_SetWork_Success: becomeWrapUp,
  AgentState_Busy: (model, { now }) => {
    const { requested } = model;
    return { ...enter(model, "call", now), requested, notice: null };
  },
  AgentEvent_Incoming_CallInfo: (model, { event, now }) => {
    const { callid, skillName } = callContent(event);
    return upsert(model, callid, now, { ...partiesOf(event), queue: skillName });
  },
  AgentEvent_Ringing: ringing,
  AgentEvent_Auto_Answer: ringing,
  AgentEvent_Customer_Alerting: (model, { event, now }) => {
    const { callid, otherPhone } = callContent(event);
    const known = callOf(model, callid);
    // A transfer that waits for an answer: the customer is still ours.
    if (known && known.talkingAt !== null) return upsert(model, callid, now, { transferring: true });
    const party = known?.called ? {} : { called: otherPhone };
    return upsert(model, callid, now, { ...party, phase: "dialing", feature: known?.feature ?? 7 });
  },
  AgentEvent_Talking: (model, { event, now }) => {
    const { callid } = callContent(event);
    const known = callOf(model, callid);
    const talkingAt = known?.talkingAt ?? now;
    const change = { phase: "talking", talkingAt, heldAt: null, transferring: false } as const;
    return upsert(model, callid, now, { ...partiesOf(event), ...change, partners: [] });
  },
  AgentEvent_Conference: (model, { event, now }) => {
    const { callid, partner } = callContent(event);
    const known = callOf(model, callid);
    const partners = partner.split(",").filter(Boolean);
    const talkingAt = known?.talkingAt ?? now;
    const feature = known?.feature ?? CONFERENCE;
    return upsert(model, callid, now, { phase: "talking", feature, talkingAt, heldAt: null, partners });
  },
  AgentEvent_Consult_Fail: (model, step) => ({ ...end("failed")(model, step), notice: "consult_failed" }),
  AgentEvent_ReturnFromIvr: (model, { event, now }) =>
    upsert(model, callContent(event).callid, now, { phase: "talking", heldAt: null, transferred: false }),
  AgentEvent_Hold: (model, { event, now }) =>
    upsert(model, callContent(event).callid, now, { phase: "held", heldAt: now }),
  AgentEvent_Call_Release: end("missed"),
  AgentEvent_Customer_Release: (model, step) => {
    const { callid, number } = callContent(step.event);
    const call = callOf(model, callid);
    if (!call) return end("missed")(model, step);
    // Who connected us with the customer and left is not the customer.
    const other = otherNumber(call, step.event.workNo);
    if (!isConference(call)) return number && number !== other ? model : end("missed")(model, step);
    // One of three is gone; the other two go on, which the next event says.
    const partners = call.partners.filter((each) => each !== number);
    return upsert(model, callid, step.now, { partners: partners.length > 1 ? partners : [] });
  },
  AgentEvent_No_Answer: end("missed"),
  AgentEvent_No_Answer_From_Cti: end("missed"),
  AgentEvent_Call_Out_Fail: (model, step) => ({ ...end("failed")(model, step), notice: "call_failed" }),
  AgentEvent_Inside_Call_Fail: (model, step) => ({ ...end("failed")(model, step), notice: "call_failed" }),
  AgentEvent_Connect_Fail: (model, step) => ({ ...end("failed")(model, step), notice: "call_failed" }),
  AgentEvent_MediaSwith: (model, { event }) =>
    callContent(event).reason === "1" ? { ...model, notice: "video_refused" } : model,
  AgentEvent_SuccTransResult: transferResult,
  AgentEvent_TransOutResult: transferResult,
  // The phone is on its hook: nothing but held calls can be left.
  AgentOther_PhoneRelease: (model, step) => finishAll(model, "missed", step, new Set(["held"])),
};

function transferResult(model: Model, { event }: Step): Model {
  if (callContent(event).result === 0) {
    const running = event.eventType === "AgentEvent_TransOutResult";
    return running
      ? { ...model, calls: model.calls.map((call) => ({ ...call, transferring: true })) }
      : model;
  }
  const calls = model.calls.map((call) => ({ ...call, transferred: false }));
  return { ...model, calls, notice: "transfer_failed" };
}

/** The model after `event`; the same object when the event says nothing new. */
export function reduce(model: Model, event: Envelope, now: number): Model {
  return HANDLERS[event.eventType]?.(model, { event, now: event.eventGenTime ?? now }) ?? model;
}

/** What the server says after a reload; the first call is the current one. */
export interface Snapshot {
  agentState: number;
  callids: string[];
  /** Of them, offered and not answered. */
  offered: string[];
  held: string[];
}

function phaseOf(callid: string, { offered, held }: Snapshot): "alerting" | "held" | "talking" {
  if (offered.includes(callid)) return "alerting";
  return held.includes(callid) ? "held" : "talking";
}

const BY_CODE: Record<number, AgentState> = {
  3: "busy",
  4: "idle",
  5: "wrapup",
  6: "idle",
  7: "call",
  8: "rest",
};

/** Brings a model that was kept over a reload in line with what the server says now. */
export function restore(kept: Model | null, snapshot: Snapshot, now: number): Model {
  const before = kept ?? initialModel(now);
  const state = BY_CODE[snapshot.agentState] ?? before.state;
  const since = state === before.state ? before.since : now;
  let model: Model = {
    ...before,
    state,
    since,
    rest: state === "rest" ? before.rest : null,
    requested: state === "call" || state === "wrapup" ? before.requested : null,
    calls: before.calls.filter((call) => snapshot.callids.includes(call.callid)),
  };
  for (const callid of snapshot.callids) {
    if (model.calls.some((call) => call.callid === callid)) continue;
    const phase = phaseOf(callid, snapshot);
    const talkingAt = phase === "alerting" ? null : now;
    model = upsert(model, callid, now, { phase, talkingAt, heldAt: phase === "held" ? now : null });
  }
  return model;
}

/** Drops calls that the server does not have any more, as after a join or a leave. */
export function retain(model: Model, callids: readonly string[]): Model {
  const calls = model.calls.filter(({ callid }) => callids.includes(callid));
  return calls.length === model.calls.length ? model : { ...model, calls };
}

/** Changes a known call; an unknown one is left alone. */
export function amend(model: Model, callid: string, change: Partial<Call>): Model {
  return model.calls.some((call) => call.callid === callid) ? upsert(model, callid, 0, change) : model;
}

/** Adds what `callinfo` knows. A call that no event has named yet is taken in only while the phone `rings`. */
export function describe(
  model: Model,
  info: CallInfo,
  { now, rings }: { now: number; rings: boolean },
): Model {
  const known = model.calls.some((call) => call.callid === info.callid);
  if (!known && !rings) return model;
  const phase = isOutbound({ feature: info.callfeature }) ? ("dialing" as const) : ("alerting" as const);
  return upsert(model, info.callid, now, {
    caller: info.caller ?? "",
    called: info.called ?? "",
    feature: info.callfeature,
    queue: info.callskill ?? "",
    beganAt: info.begintime ?? null,
    data: info.calldata ?? "",
    accessCode: info.orgicallednum ?? "",
    queueId: info.callskillid ?? 0,
    ...(known ? {} : { phase }),
  });
}

/** Our own outbound or internal call, known from the answer to the request before any event. */
export function dialed(
  model: Model,
  {
    callid,
    called,
    feature,
    workno,
  }: { callid: string; called: string; feature: 6 | 7 | 51 | 52; workno: string },
  now: number,
): Model {
  const known = callOf(model, callid);
  return upsert(model, callid, now, { caller: workno, called, feature, phase: known?.phase ?? "dialing" });
}
