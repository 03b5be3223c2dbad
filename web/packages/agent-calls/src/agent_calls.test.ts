import { expect, test } from "vitest";
import { activeCall, heldCalls, isInTalk, otherNumber, partiesOf, withCall } from "./index";

const call = (callid: string, phase = "ringing") => ({
  callid,
  phase,
  caller: "",
  called: "",
  feature: null,
});

test.each([
  ["an inbound call shows who calls", 0, "15550100", "1001", "15550100"],
  ["an outbound call shows who is called", 7, "101", "15550123", "15550123"],
  ["an internal call of one's own shows the colleague", 6, "a101", "A102", "102"],
  ["an internal call of another shows who calls", 6, "102", "101", "102"],
  ["a conference of one's own shows the other one", 53, "101", "102", "102"],
  ["what is known is better than nothing", 0, "", "1001", "1001"],
])("%s", (_, feature, caller, called, shown) => {
  expect(otherNumber({ feature, caller, called }, "101")).toBe(shown);
});

test("a call is changed in its place, and a new one comes first", () => {
  const model = { calls: [call("a"), call("b", "held")], other: 1 };
  const changed = withCall(model, "b", { phase: "talking" }, () => call("b"));
  expect(changed.calls.map(({ phase }) => phase)).toEqual(["ringing", "talking"]);
  const added = withCall(changed, "c", { caller: "15550100" }, () => call("c"));
  expect(added.calls.map(({ callid }) => callid)).toEqual(["c", "a", "b"]);
  expect([added.calls[0]?.caller, added.other]).toEqual(["15550100", 1]);
});

test("the active call is the one that is not held", () => {
  const model = { calls: [call("a", "held"), call("b")] };
  expect(activeCall(model)?.callid).toBe("b");
  expect(heldCalls(model).map(({ callid }) => callid)).toEqual(["a"]);
  expect([isInTalk(model), isInTalk({ calls: [call("b")] })]).toEqual([true, false]);
  expect(activeCall({ calls: [] })).toBeNull();
});

test("empty fields of an event erase nothing", () => {
  const event = {
    eventType: "AgentEvent_Talking",
    workNo: "101",
    content: { caller: "", called: "1001", feature: "0" },
  };
  expect(partiesOf(event)).toEqual({ called: "1001", feature: 0 });
});
