import type { AgentAccount, ScreenPop } from "@opencec/api-client";
import { expect, test } from "vitest";
import type { Call } from "./model";
import { isDue, popUrl } from "./screen_pop";

const account = { workno: "101", name: "Lena Brandt" } as AgentAccount;
const call = {
  callid: "17-1",
  caller: "15550100",
  called: "7101",
  accessCode: "1001",
  feature: 0,
  phase: "talking",
  queue: "Sales & Service",
  queueId: 1,
  data: "a=1&b=<x>",
} as Call;
const pop = (change: Partial<ScreenPop>): ScreenPop => ({
  name: "CRM",
  url: "https://crm.example.com/",
  place: "frame",
  at: "talking",
  parameters: [],
  ...change,
});
const param = (name: string, source: string) => ({ name, source });

test("values are escaped and cannot leave their parameter", () => {
  const parameters = [param("q", "queueName"), param("d", "callData"), param("a b", "agentName")];
  const href = popUrl(pop({ parameters }), call, account) ?? "";
  expect(href).not.toContain("<x>");
  const { searchParams } = new URL(href);
  expect([...searchParams]).toEqual([
    ["q", "Sales & Service"],
    ["d", "a=1&b=<x>"],
    ["a b", "Lena Brandt"],
  ]);
});

test("inbound: the customer called the access code; outbound: we called the customer", () => {
  const parameters = [param("from", "callerNum"), param("to", "calledNum"), param("dir", "direction")];
  const of = (which: Call) => [
    ...new URL(popUrl(pop({ parameters }), which, account) ?? "").searchParams.values(),
  ];
  expect(of(call)).toEqual(["15550100", "1001", "inbound"]);
  const outbound = { ...call, feature: 7, caller: "1000", called: "15550123" } as Call;
  expect(of(outbound)).toEqual(["1000", "15550123", "outbound"]);
});

test.each(["javascript:alert(1)", "data:text/html,x", "file:///etc/hosts", "nonsense"])(
  "%s opens nothing",
  (url) => {
    expect(popUrl(pop({ url }), call, account)).toBeNull();
  },
);

test("a page opens when it is due, and never for calls among agents", () => {
  const ringing = { ...call, phase: "ringing" } as Call;
  expect([isDue(pop({}), ringing), isDue(pop({ at: "ringing" }), ringing), isDue(pop({}), call)]).toEqual([
    false,
    true,
    true,
  ]);
  expect(isDue(pop({}), { ...call, feature: 6 } as Call)).toBe(false);
});
