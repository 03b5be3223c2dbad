import { expect, test } from "vitest";
import type { LogEntry } from "../session/model";
import { merge } from "./today";

const entry = (callid: string, at: number, change: Partial<LogEntry> = {}): LogEntry => ({
  callid,
  number: "15550100",
  queue: "Sales",
  outbound: false,
  internal: false,
  at,
  talkedMs: null,
  outcome: "missed",
  ...change,
});

test("what the server does not have yet is shown once, in order, and then once still", () => {
  const session = [entry("2", 200_000, { outcome: "transferred" })];
  expect(merge([entry("1", 100_000)], session).map(({ callid }) => callid)).toEqual(["2", "1"]);
  const later = merge([entry("2", 200_400, { outcome: "answered" }), entry("1", 100_000)], session);
  expect(later.map(({ callid, outcome }) => [callid, outcome])).toEqual([
    ["2", "transferred"],
    ["1", "missed"],
  ]);
});

test("a call that came twice is there twice", () => {
  const rejected = entry("1", 100_000, { outcome: "rejected" });
  const answered = entry("1", 160_000, { outcome: "answered" });
  expect(merge([rejected], [answered, rejected])).toHaveLength(2);
});
