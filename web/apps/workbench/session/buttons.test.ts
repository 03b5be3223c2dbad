import { describe, expect, test } from "vitest";
import { type Action, enabledActions, mayTransferOutside, whyNot } from "./buttons";
import { type Call, type CallPhase, initialModel, type Model } from "./model";

const call = (phase: CallPhase, change: Partial<Call> = {}): Call => ({
  callid: "17-1",
  caller: "15550100",
  called: "1001",
  feature: 0,
  phase,
  queue: "Sales",
  beganAt: 0,
  offeredAt: 0,
  talkingAt: phase === "talking" || phase === "held" ? 0 : null,
  heldAt: phase === "held" ? 0 : null,
  muted: false,
  transferred: false,
  data: "",
  accessCode: "",
  queueId: 0,
  path: [],
  partners: [],
  transferring: false,
  ...change,
});

const model = (change: Partial<Model>): Model => ({ ...initialModel(0), ...change });
const inCall = (calls: Call[], change: Partial<Model> = {}) => model({ state: "call", calls, ...change });
const on = (of: Model, ringing = false): Action[] => [...enabledActions(of, { ringing })].sort();

/** The base column of the state and button table, less what does not exist yet; reject is ours. */
const ROWS: [string, Model, Action[]][] = [
  ["idle", model({ state: "idle" }), ["work", "rest", "busy", "callOut", "callInner", "signOut"]],
  ["busy", model({ state: "busy" }), ["ready", "callOut", "callInner", "signOut"]],
  ["wrap-up", model({ state: "wrapup" }), ["busy", "rest", "endWork", "callOut", "callInner", "signOut"]],
  ["busy asked for in wrap-up", model({ state: "wrapup", requested: "busy" }), ["endWork", "signOut"]],
  ["rest asked for in wrap-up", model({ state: "wrapup", requested: "rest" }), ["endWork", "signOut"]],
  ["rest", model({ state: "rest" }), ["endRest", "signOut"]],
  ["connecting", inCall([]), ["busy", "rest"]],
  ["ringing", inCall([call("ringing")]), ["busy", "rest", "answer", "reject", "hangUp"]],
  ["dialling", inCall([call("dialing", { feature: 7 })]), ["busy", "rest", "hangUp"]],
  [
    "talking with a customer",
    inCall([call("talking")]),
    ["busy", "rest", "hangUp", "hold", "transfer", "dial", "mute", "consult"],
  ],
  [
    "the same with another call held",
    inCall([call("talking"), call("held", { callid: "17-2" })]),
    ["busy", "rest", "hangUp", "hold", "transfer", "dial", "mute", "consult", "threeWay", "connectHold"],
  ],
  [
    "busy asked for in a call",
    inCall([call("talking")], { requested: "busy" }),
    ["ready", "hangUp", "hold", "transfer", "dial", "mute", "consult"],
  ],
  [
    "rest asked for in a call",
    inCall([call("talking")], { requested: "rest" }),
    ["endRest", "hangUp", "hold", "transfer", "dial", "mute", "consult"],
  ],
  ["internal call", inCall([call("talking", { feature: 6 })]), ["busy", "rest", "hangUp"]],
  ["consult", inCall([call("talking", { feature: 51 })]), ["busy", "rest", "hangUp", "takeBack"]],
  [
    "consult while the customer waits",
    inCall([call("talking", { feature: 51 }), call("held", { callid: "17-2" })]),
    ["busy", "rest", "hangUp", "takeBack", "threeWay", "connectHold"],
  ],
  ["conference", inCall([call("talking", { feature: 53 })]), ["busy", "rest", "hangUp", "takeBack"]],
  [
    "a talk transfer that runs",
    inCall([call("talking", { transferring: true })]),
    ["busy", "rest", "hangUp", "takeBack"],
  ],
  ["unknown call type", inCall([call("talking", { feature: null })]), ["busy", "rest", "hangUp"]],
  ["muted", inCall([call("talking", { muted: true })]), ["busy", "rest", "hangUp", "unmute"]],
  ["held, none active", inCall([call("held")]), ["retrieve", "callOut", "callInner"]],
];

describe("the state and button table", () => {
  test.each(ROWS)("%s", (_name, given, expected) => {
    expect(on(given)).toEqual([...expected].sort());
  });
});

test("a phone that rings before the gateway says so can be answered and refused, nothing else", () => {
  expect(on(model({ state: "idle" }), true)).toEqual(["answer", "hangUp", "reject"]);
});

test.each([7, 41, 43, 44, 45])("call type %i is a call with a customer", (feature) => {
  expect(on(inCall([call("talking", { feature })]))).toContain("hold");
});

test("only a customer who called us may be passed on to an outside number", () => {
  expect(mayTransferOutside(inCall([call("talking", { feature: 0 })]))).toBe(true);
  expect(mayTransferOutside(inCall([call("talking", { feature: 7 })]))).toBe(false);
});

test("a button that is off says why", () => {
  const quiet = { ringing: false };
  expect(whyNot("hold", model({ state: "idle" }), quiet)).toBe("noCall");
  expect(whyNot("hangUp", inCall([call("held")]), quiet)).toBe("held");
  expect(whyNot("hold", inCall([call("talking", { muted: true })]), quiet)).toBe("muted");
  expect(whyNot("transfer", inCall([call("talking", { feature: 6 })]), quiet)).toBe("internal");
  expect(whyNot("ready", model({ state: "rest" }), quiet)).toBe("rest");
});
