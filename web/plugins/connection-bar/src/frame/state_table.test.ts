/** Row by row: the events that lead to a row of agent-workbench.md 3.1, and the buttons that are on then. */

import type { Envelope } from "@opencec/api-client";
import { expect, test } from "vitest";
import { fold } from "./fold";
import { type Model, overlayOf, rowOf, signedOut } from "./model";
import { buttonsOf, pictureButtonsOf, TABLE } from "./state_table";

const CALL = "1760000000-1";
const OTHER = "1760000000-2";

const event = (eventType: string, content: unknown = null): Envelope => ({
  eventType,
  workNo: "101",
  content,
});
const parties = (callid: string, feature: number) => ({
  callid,
  caller: "15550100",
  called: "1001",
  feature: String(feature),
});

const ready = event("AgentState_Ready");
const busyCall = event("AgentState_Busy");
const ringing = event("AgentEvent_Ringing", parties(CALL, 0));
const talking = (feature: number, callid = CALL) => event("AgentEvent_Talking", parties(callid, feature));
const held = event("AgentEvent_Hold", CALL);
const inTalk = (feature = 0) => [ready, busyCall, ringing, talking(feature)];

type Change = (model: Model) => Model;
const muted: Change = (model) => ({ ...model, calls: model.calls.map((call) => ({ ...call, muted: true })) });
const own: Change = (model) => ({ ...model, calls: model.calls.map((call) => ({ ...call, own: true })) });
const asked =
  (requested: "busy" | "rest"): Change =>
  (model) => ({ ...model, requested });
const outside: Change = (model) => ({ ...model, transfer: "running" });

function after(steps: readonly (Envelope | Change)[]): Model {
  const start: Model = { ...signedOut(0), state: "idle" };
  return steps.reduce<Model>(
    (model, step) => (typeof step === "function" ? step(model) : fold(model, step, 1)),
    start,
  );
}

const CUSTOMER = ["hangUp", "hold", "transfer", "secondDial", "consult", "mute"];
const PLACE = ["callOut", "callInner"];

/** Name, what happened, state buttons, call buttons. */
const ROWS: [string, (Envelope | Change)[], string[], string[]][] = [
  ["idle", [ready], ["enterWork", "rest", "busy", "signOut"], PLACE],
  [
    "idle after a forced one",
    [event("AgentState_Force_Ready")],
    ["enterWork", "rest", "busy", "signOut"],
    PLACE,
  ],
  ["busy", [event("AgentState_SetNotReady_Success", { reason: "1" })], ["ready", "signOut"], PLACE],
  ["busy by force", [event("AgentState_Force_SetNotReady")], ["ready", "signOut"], PLACE],
  ["wrap-up", [event("AgentState_Work")], ["busy", "rest", "exitWork", "signOut"], PLACE],
  [
    "wrap-up on request",
    [event("AgentState_SetWork_Success")],
    ["busy", "rest", "exitWork", "signOut"],
    PLACE,
  ],
  ["busy requested in wrap-up", [event("AgentState_Work"), asked("busy")], ["exitWork", "signOut"], []],
  ["rest requested in wrap-up", [event("AgentState_Work"), asked("rest")], ["exitWork", "signOut"], []],
  ["rest", [event("AgentState_SetRest_Success")], ["endRest", "signOut"], []],
  ["rest requested while idle", [ready, asked("rest")], ["endRest", "signOut"], PLACE],
  ["connecting", [ready, busyCall], ["busy", "rest"], []],
  ["busy requested in a call", [...inTalk(), asked("busy")], ["ready"], CUSTOMER],
  ["rest requested in a call", [...inTalk(), asked("rest")], ["endRest"], CUSTOMER],
  ["ringing", [ready, busyCall, ringing], ["busy", "rest"], ["answer", "hangUp"]],
  [
    "the other side rings",
    [ready, busyCall, event("AgentEvent_Customer_Alerting", { callid: CALL })],
    ["busy", "rest"],
    ["hangUp"],
  ],
  ...[0, 7, 41, 43, 44, 45].map((feature): [string, Envelope[], string[], string[]] => [
    `talking, customer call of type ${feature}`,
    inTalk(feature),
    ["busy", "rest"],
    CUSTOMER,
  ]),
  [
    "talking with another call held",
    [...inTalk(), held, talking(7, OTHER)],
    ["busy", "rest"],
    [...CUSTOMER, "threeWay", "connectHold"],
  ],
  ["talking, internal", inTalk(6), ["busy", "rest"], ["hangUp"]],
  ["consulted, two-party", inTalk(51), ["busy", "rest"], ["hangUp"]],
  ["consulting, two-party", [...inTalk(51), own], ["busy", "rest"], ["hangUp", "takeBack"]],
  [
    "consulting with the customer on hold",
    [
      ...inTalk(),
      held,
      talking(51, OTHER),
      (model) => ({ ...model, calls: model.calls.map((call) => ({ ...call, own: call.callid === OTHER })) }),
    ],
    ["busy", "rest"],
    ["hangUp", "takeBack", "threeWay", "connectHold"],
  ],
  [
    "own conference",
    [
      ...inTalk(),
      held,
      talking(51, OTHER),
      event("AgentEvent_Conference", { callid: CALL, partner: "15550100,105" }),
    ],
    ["busy", "rest"],
    ["hangUp", "takeBack"],
  ],
  [
    "own conference after the partner left",
    [
      ...inTalk(),
      held,
      talking(51, OTHER),
      event("AgentEvent_Conference", { callid: CALL, partner: "15550100,105" }),
      event("AgentEvent_Customer_Release", { callid: CALL, number: "105" }),
      talking(0),
    ],
    ["busy", "rest"],
    CUSTOMER,
  ],
  ["consulted, three-party", inTalk(52), ["busy", "rest"], ["hangUp"]],
  [
    "conference of another",
    [...inTalk(0), event("AgentEvent_Conference", { callid: CALL, partner: "105,5551234" })],
    ["busy", "rest"],
    ["hangUp"],
  ],
  ["unknown call type", inTalk(99), ["busy", "rest"], ["hangUp"]],
  ["muted", [...inTalk(), muted], ["busy", "rest"], ["hangUp", "unmute"]],
  ["held, none active", [...inTalk(), held], [], ["retrieve", ...PLACE]],
  ["transfer outside under way", [...inTalk(), outside], ["busy", "rest"], ["hangUp"]],
  [
    "transfer outside can be taken back",
    [...inTalk(), outside, event("AgentEvent_TransOutResult", { result: 0 })],
    ["busy", "rest"],
    ["hangUp", "takeBack"],
  ],
  [
    "transfer failed",
    [...inTalk(), outside, event("AgentEvent_SuccTransResult", { callId: CALL, result: 1 })],
    ["busy", "rest"],
    CUSTOMER,
  ],
  ["retrieved", [...inTalk(), held, talking(0)], ["busy", "rest"], CUSTOMER],
];

test.each(ROWS)("%s", (_name, steps, state, call) => {
  const model = after(steps);
  expect([...buttonsOf(rowOf(model, false), overlayOf(model))].sort()).toEqual([...state, ...call].sort());
});

test("signed out there is one button, whatever comes late", () => {
  const late = fold(signedOut(0), ringing, 1);
  expect([...buttonsOf(rowOf(late, true))]).toEqual(["signIn"]);
});

test("our own call can be given up as soon as the phone is up", () => {
  const steps = [ready, busyCall];
  const placed: Change = (model) => ({
    ...model,
    calls: model.calls.map((call) => ({ ...call, phase: "offHook", own: true })),
  });
  const model = after([...steps, talking(7), placed]);
  expect([...buttonsOf(rowOf(model, false))]).toEqual(["hangUp"]);
});

test("a phone that rings is a call to answer, unless it is answered by itself", () => {
  const model = after([ready, busyCall]);
  expect([...buttonsOf(rowOf(model, true))]).toContain("answer");
  expect([...buttonsOf(rowOf({ ...model, autoAnswer: true }, true))]).not.toContain("answer");
});

test("after every end of a call no call button is left on but those that place one", () => {
  for (const end of [event("AgentState_Ready"), event("AgentState_Work")]) {
    const model = after([...inTalk(), event("AgentEvent_Customer_Release", { callid: CALL }), end]);
    const on = buttonsOf(rowOf(model, false), overlayOf(model));
    expect([...on].filter((name) => (TABLE.customer.call as readonly string[]).includes(name))).toEqual([]);
  }
});

test("a call that failed says so", () => {
  const failed = after([
    ready,
    busyCall,
    event("AgentEvent_Customer_Alerting", { callid: CALL }),
    event("AgentEvent_Call_Out_Fail", CALL),
  ]);
  expect([failed.notice, failed.calls]).toEqual(["callFailed", []]);
});

const seen = { ...parties(CALL, 0), mediaAbility: "3" };
const switched = (mediaType: number, reason = 0) =>
  event("AgentEvent_MediaSwith", { callid: CALL, reason, mediaType });
const picturesAfter = (steps: readonly (Envelope | Change)[]) => {
  const model = after(steps);
  return pictureButtonsOf(rowOf(model, false), model.calls[0] ?? { video: false, frozen: false });
};

test.each<[string, (Envelope | Change)[], string[]]>([
  ["voice", inTalk(), ["toVideo"]],
  ["video from the beginning", [...inTalk(), event("AgentEvent_Talking", seen)], ["toVoice", "freeze"]],
  ["voice that became video", [...inTalk(), switched(19)], ["toVoice", "freeze"]],
  ["video that became voice", [...inTalk(), switched(19), switched(5)], ["toVideo"]],
  ["video that was refused", [...inTalk(), switched(19, 1)], ["toVideo"]],
  ["muted", [...inTalk(), muted], []],
  ["held", [...inTalk(), held], []],
  ["retrieved", [...inTalk(), held, event("AgentEvent_Talking", seen)], ["toVoice", "freeze"]],
  ["internal, of voice", inTalk(6), []],
  [
    "internal, with pictures",
    [...inTalk(6), event("AgentEvent_Talking", { ...seen, feature: "6" })],
    ["freeze"],
  ],
  [
    "conference",
    [...inTalk(), switched(19), event("AgentEvent_Conference", { callid: CALL, partner: "105,5551234" })],
    [],
  ],
])("buttons of pictures: %s", (_name, steps, on) => {
  expect(picturesAfter(steps)).toEqual(on);
});

test("a refusal of pictures is told, and a frozen picture can be shown again", () => {
  expect(after([...inTalk(), switched(19, 1)]).notice).toBe("mediaRefused");
  expect(pictureButtonsOf("customer", { video: true, frozen: true })).toEqual(["toVoice", "unfreeze"]);
});
