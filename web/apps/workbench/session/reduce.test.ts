import { activeCall } from "@opencec/agent-calls";
import type { Envelope } from "@opencec/api-client";
import { expect, test } from "vitest";
import { initialModel, type Model } from "./model";
import { describe, reduce, restore } from "./reduce";

let clock = 0;

/** Feeds events, one second apart; `[type, content]` or just the type. */
function feed(model: Model, ...events: (string | [string, unknown])[]): Model {
  return events.reduce<Model>((before, each) => {
    clock += 1000;
    const [eventType, content] = typeof each === "string" ? [each, null] : each;
    const event: Envelope = { eventType, eventGenTime: clock, workNo: "101", content };
    return reduce(before, event, 0);
  }, model);
}

const idle = () => {
  clock = 0;
  return feed(initialModel(0), "AgentOther_InService", "AgentState_Ready");
};
const RINGING = { callid: "17-1", caller: "15550100", called: "1001", feature: "0", type: "main" };
const inbound: (string | [string, unknown])[] = [
  "AgentOther_PhoneAlerting",
  "AgentOther_PhoneOffhook",
  "AgentState_Busy",
  ["AgentEvent_Ringing", RINGING],
];
const talking: (string | [string, unknown])[] = [...inbound, ["AgentEvent_Talking", RINGING]];

test("sign-in makes idle, busy or wrap-up", () => {
  expect(idle().state).toBe("idle");
  expect(feed(idle(), ["AgentState_SetNotReady_Success", { reason: "0" }]).state).toBe("busy");
  expect(feed(idle(), "AgentState_Work").state).toBe("wrapup");
});

test("an inbound call rings, talks, ends in wrap-up and is in the log with its talk time", () => {
  const rings = feed(idle(), ...inbound);
  expect(activeCall(rings)).toMatchObject({ phase: "ringing", caller: "15550100", feature: 0 });
  const talks = feed(rings, ["AgentEvent_Talking", RINGING]);
  expect(activeCall(talks)).toMatchObject({ phase: "talking", talkingAt: clock });
  const over = feed(
    talks,
    ["AgentEvent_Customer_Release", { callid: "17-1", number: "15550100" }],
    ["AgentEvent_Call_Release", "17-1"],
    ["AgentOther_PhoneRelease", { phoneState: 3 }],
    "AgentState_Work",
  );
  expect(over).toMatchObject({ state: "wrapup", calls: [] });
  expect(over.log).toHaveLength(1);
  expect(over.log[0]).toMatchObject({
    number: "15550100",
    outcome: "answered",
    talkedMs: 1000,
    outbound: false,
  });
  expect(feed(over, "AgentState_CancelWork_Success").state).toBe("idle");
});

test("hold and retrieve keep the talk timer and start a hold timer", () => {
  const talks = feed(idle(), ...talking);
  const began = activeCall(talks)?.talkingAt;
  const held = feed(talks, ["AgentEvent_Hold", "17-1"]);
  expect(held.calls[0]).toMatchObject({ phase: "held", heldAt: clock, talkingAt: began });
  const back = feed(held, ["AgentEvent_Talking", RINGING]);
  expect(back.calls[0]).toMatchObject({ phase: "talking", heldAt: null, talkingAt: began });
  expect(back.since).toBe(talks.since);
});

test("a call that is not answered makes the agent busy with reason 2 and is missed", () => {
  const model = feed(
    idle(),
    ...inbound,
    ["AgentEvent_No_Answer", "17-1"],
    ["AgentState_SetNotReady_Success", { reason: "2" }],
  );
  expect(model).toMatchObject({ state: "busy", busyReason: 2, calls: [] });
  expect(model.log[0]?.outcome).toBe("missed");
});

test("a rejected call makes the agent busy with reason 7 and is rejected", () => {
  const model = feed(idle(), ...inbound, ["AgentState_SetNotReady_Success", { reason: "7" }]);
  expect(model).toMatchObject({ state: "busy", busyReason: 7, calls: [] });
  expect(model.log[0]?.outcome).toBe("rejected");
});

test("an outbound call dials, talks and is logged with the number called", () => {
  const model = feed(idle(), "AgentOther_PhoneAlerting", "AgentOther_PhoneOffhook", "AgentState_Busy", [
    "AgentEvent_Customer_Alerting",
    { callid: "17-3", otherPhone: "15550199", type: "main" },
  ]);
  expect(activeCall(model)).toMatchObject({ phase: "dialing", called: "15550199", feature: 7 });
  const over = feed(
    model,
    ["AgentEvent_Talking", { callid: "17-3", caller: "1000", called: "15550199", feature: "7" }],
    ["AgentEvent_Call_Release", "17-3"],
    "AgentState_Work",
  );
  expect(over.log[0]).toMatchObject({ number: "15550199", outbound: true, outcome: "answered" });
});

test("an outbound call that fails says so and is not reached", () => {
  const model = feed(
    idle(),
    "AgentState_Busy",
    ["AgentEvent_Customer_Alerting", { callid: "17-3", otherPhone: "15550199" }],
    ["AgentEvent_Call_Out_Fail", "17-3"],
    ["AgentEvent_Connect_Fail", "17-3"],
    "AgentState_Ready",
  );
  expect(model).toMatchObject({ state: "idle", notice: "call_failed", calls: [] });
  expect(model.log).toHaveLength(1);
  expect(model.log[0]?.outcome).toBe("failed");
});

test("busy asked for during a call waits for its end", () => {
  const asked: Model = { ...feed(idle(), ...talking), requested: "busy" };
  const wrapup = feed(asked, ["AgentEvent_Call_Release", "17-1"], "AgentState_Work");
  expect(wrapup).toMatchObject({ state: "wrapup", requested: "busy" });
  expect(feed(wrapup, ["AgentState_SetNotReady_Success", { reason: "0" }])).toMatchObject({
    state: "busy",
    requested: null,
  });
});

test("a request withdrawn during a call leaves the call alone", () => {
  const asked: Model = { ...feed(idle(), ...talking), requested: "busy" };
  const withdrawn = feed(asked, "AgentState_CancelNotReady_Success");
  expect(withdrawn).toMatchObject({ state: "call", requested: null });
  expect(withdrawn.calls).toHaveLength(1);
});

test("a rest knows its end and its reminder leaves it a rest", () => {
  const wish = { ...idle(), wish: { reason: 1, seconds: 600 } };
  const resting = feed(wish, "AgentState_SetRest_Success");
  expect(resting.rest).toEqual({ reason: 1, until: clock + 600_000, overdue: false });
  const late = feed(resting, "AgentState_Rest_Timeout");
  expect(late).toMatchObject({ state: "rest", rest: { overdue: true } });
  expect(feed(late, "AgentState_CancelRest_Success")).toMatchObject({ state: "idle", rest: null });
});

test("a failed transfer leaves the customer with the agent", () => {
  const model = feed(idle(), ...talking, ["AgentEvent_SuccTransResult", { callId: "17-1", result: 1 }]);
  expect(model.notice).toBe("transfer_failed");
  expect(model.calls).toHaveLength(1);
});

test("an idle or wrap-up agent has no calls left, whatever was missed", () => {
  expect(feed(idle(), ...talking, "AgentState_Work").calls).toEqual([]);
});

test("unknown events change nothing", () => {
  const model = idle();
  expect(feed(model, ["AgentEvent_Orders_Notify", { anything: 1 }])).toBe(model);
});

test("after a reload calls that ended are gone and strange ones are taken in", () => {
  const kept = feed(idle(), ...talking);
  const same = restore(kept, { agentState: 7, callids: ["17-1"], offered: [], held: [] }, clock);
  expect(same.calls[0]).toMatchObject({ callid: "17-1", phase: "talking", caller: "15550100" });
  const ended = restore(kept, { agentState: 5, callids: [], offered: [], held: [] }, clock);
  expect(ended).toMatchObject({ state: "wrapup", calls: [] });
  const strange = restore(
    null,
    { agentState: 7, callids: ["17-8", "17-9"], offered: ["17-8"], held: ["17-9"] },
    5,
  );
  expect(Object.fromEntries(strange.calls.map(({ callid, phase }) => [callid, phase]))).toEqual({
    "17-8": "alerting",
    "17-9": "held",
  });
});

test("call information adds queue and waiting time, and never brings back a call that is over", () => {
  const info = {
    callfeature: 0,
    callid: "17-1",
    caller: "15550100",
    called: "1001",
    callskill: "Sales",
    begintime: 7,
  };
  const known = describe(feed(idle(), ...inbound), info, { now: clock, rings: false });
  expect(known.calls[0]).toMatchObject({ queue: "Sales", beganAt: 7, phase: "ringing" });
  expect(describe(idle(), info, { now: clock, rings: false }).calls).toEqual([]);
  expect(describe(idle(), info, { now: clock, rings: true }).calls[0]).toMatchObject({ phase: "alerting" });
});

const customer: (string | [string, unknown])[] = talking;
const CONSULT = { callid: "17-2", caller: "101", called: "102", feature: "51", type: "main" };

test("a consultation: the customer waits, comes back, and the consultation is a call among agents", () => {
  const asked = feed(
    feed(idle(), ...customer),
    ["AgentEvent_Hold", "17-1"],
    ["AgentEvent_Customer_Alerting", { callid: "17-2", otherPhone: "102" }],
    ["AgentEvent_Talking", CONSULT],
  );
  expect(activeCall(asked)).toMatchObject({ callid: "17-2", feature: 51, phase: "talking" });
  expect(asked.calls.find(({ callid }) => callid === "17-1")).toMatchObject({ phase: "held" });
  const back = feed(asked, ["AgentEvent_Call_Release", "17-2"], ["AgentEvent_Talking", RINGING]);
  expect(back.calls).toHaveLength(1);
  expect(activeCall(back)).toMatchObject({ callid: "17-1", phase: "talking", heldAt: null });
  expect(back.log[0]).toMatchObject({ number: "102", internal: true, outcome: "answered" });
});

test("three talk; when one leaves the other two go on with their timer", () => {
  const talks = feed(idle(), ...customer);
  const three = feed(talks, ["AgentEvent_Conference", { callid: "17-1", partner: "15550100,102" }]);
  expect(activeCall(three)).toMatchObject({ partners: ["15550100", "102"], feature: 0 });
  const two = feed(
    three,
    ["AgentEvent_Customer_Release", { callid: "17-1", number: "102" }],
    ["AgentEvent_Talking", RINGING],
  );
  expect(activeCall(two)).toMatchObject({ partners: [], talkingAt: activeCall(talks)?.talkingAt });
  expect(two.log).toHaveLength(0);
});

test("a transfer that waits for an answer keeps the call, and a failed one says so", () => {
  const waits = feed(feed(idle(), ...customer), [
    "AgentEvent_Customer_Alerting",
    { callid: "17-1", otherPhone: "102" },
  ]);
  expect(activeCall(waits)).toMatchObject({ phase: "talking", transferring: true });
  const failed = feed(
    waits,
    ["AgentEvent_SuccTransResult", { callId: "17-1", result: 1 }],
    ["AgentEvent_Talking", RINGING],
  );
  expect(failed.notice).toBe("transfer_failed");
  expect(activeCall(failed)).toMatchObject({ phase: "talking", transferring: false });
});

test("a consultation that fails is told, and the customer is there again", () => {
  const failed = feed(
    feed(idle(), ...customer),
    ["AgentEvent_Hold", "17-1"],
    ["AgentEvent_Customer_Alerting", { callid: "17-2", otherPhone: "102" }],
    ["AgentEvent_Consult_Fail", "17-2"],
    ["AgentEvent_Talking", RINGING],
  );
  expect(failed.notice).toBe("consult_failed");
  expect(failed.calls.map(({ callid, phase }) => [callid, phase])).toEqual([["17-1", "talking"]]);
});

test("a colleague who connects us with the customer and leaves does not end the call", () => {
  const connected = feed(
    feed(idle(), ...inbound),
    ["AgentEvent_Talking", CONSULT],
    ["AgentEvent_Talking", RINGING],
    ["AgentEvent_Customer_Release", { callid: "17-1", number: "101" }],
  );
  expect(connected.calls.find(({ callid }) => callid === "17-1")).toMatchObject({ phase: "talking" });
});
