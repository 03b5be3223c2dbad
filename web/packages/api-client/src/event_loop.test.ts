import { expect, test } from "vitest";
import { GatewayError, ServerLostError } from "./errors";
import { EventLoop, type LoopEnd } from "./event_loop";
import type { Envelope } from "./wire";

const event = (eventType: string, eventGenTime?: number): Envelope => ({
  eventType,
  eventGenTime,
  workNo: "101",
  content: null,
});

/** Runs a loop over scripted poll answers; errors are thrown, and the session ends after the last one. */
async function run(script: (Envelope | null | Error)[], seen: string[] = []) {
  const delivered: string[] = [];
  const waits: number[] = [];
  const reachable: boolean[] = [];
  const ends: LoopEnd[] = [];
  const loop = new EventLoop({
    poll: async () => {
      const next = script.length ? script.shift() : new GatewayError("100-006", "");
      if (next instanceof Error) throw next;
      return next ?? null;
    },
    onEvent: ({ eventType }) => delivered.push(eventType),
    onReachable: (now) => reachable.push(now),
    onEnd: (end) => ends.push(end),
    seen,
    wait: async (ms) => void waits.push(ms),
  });
  await loop.run();
  return { delivered, waits, reachable, ends, loop };
}

test("an event that comes again unchanged is delivered once", async () => {
  const { delivered } = await run([event("A", 1), event("A", 1), event("B", 2), event("A", 1)]);
  expect(delivered).toEqual(["A", "B"]);
});

test("equal events at different times are two events", async () => {
  expect((await run([event("A", 1), event("A", 2)])).delivered).toEqual(["A", "A"]);
});

test("events without a time stamp are never dropped", async () => {
  expect((await run([event("A"), event("A")])).delivered).toEqual(["A", "A"]);
});

test("what was delivered before a reload is not delivered again", async () => {
  const { loop } = await run([event("A", 1)]);
  expect((await run([event("A", 1), event("B", 2)], [...loop.seen])).delivered).toEqual(["B"]);
});

test("a lost server is tried again after 250 ms, then ever later, and told once each way", async () => {
  const lost = () => new ServerLostError(null);
  const { waits, reachable, delivered } = await run([
    lost(),
    lost(),
    lost(),
    lost(),
    lost(),
    lost(),
    event("A", 1),
  ]);
  expect(waits).toEqual([250, 500, 1000, 2000, 4000, 5000]);
  expect(reachable).toEqual([false, true]);
  expect(delivered).toEqual(["A"]);
});

test("after an empty answer there is a pause, after an event there is none", async () => {
  expect((await run([null, event("A", 1), null])).waits).toEqual([300, 300]);
});

test("being signed out ends the loop at once", async () => {
  expect((await run([new GatewayError("100-006", "")])).ends).toEqual(["signed_out"]);
});

test("a refused GUID ends the loop only when it is refused again and again", async () => {
  const refused = () => new GatewayError("000-003", "");
  expect((await run([refused(), refused(), event("A", 1)])).ends).toEqual(["signed_out"]);
  expect((await run([refused(), refused(), refused(), event("A", 1)])).ends).toEqual(["expired"]);
});
