import { expect, test, vi } from "vitest";
import { type Board, type BoardFrame, DeskClient, EMPTY_BOARD, fold } from "./desk";

const agent = (workno: string, state: "idle" | "talking") => ({
  workno,
  name: "",
  role: "agent" as const,
  state,
  since: 0,
  busy_reason: 0,
  is_available: true,
  queues: [],
});
const call = (callid: string) => ({
  callid,
  state: "talking",
  since: 0,
  direction: "inbound" as const,
  caller: "15550100",
  called: "1001",
  queue: 1,
  agents: ["101"],
  began_at: 0,
});
const frame = (change: Partial<BoardFrame>): BoardFrame => ({
  now: 0,
  is_whole: false,
  agents: [],
  queues: [],
  calls: [],
  ended: [],
  ...change,
});

test("frames change rows, end calls, and a whole one forgets the rest", () => {
  const queues = [{ id: 1, name: "Sales", waiting: 0, idle: 1, signed_in: 1 }];
  let board = fold(
    EMPTY_BOARD,
    frame({ is_whole: true, agents: [agent("101", "idle"), agent("102", "idle")], queues }),
  );
  board = fold(board, frame({ agents: [agent("101", "talking")], calls: [call("1")] }));
  expect([board.agents.get("101")?.state, board.agents.get("102")?.state]).toEqual(["talking", "idle"]);
  expect(board.queues).toEqual(queues);
  expect([...board.calls.keys()]).toEqual(["1"]);
  board = fold(board, frame({ ended: ["1"] }));
  expect(board.calls.size).toBe(0);
  board = fold(board, frame({ is_whole: true, agents: [agent("102", "idle")] }));
  expect([...board.agents.keys()]).toEqual(["102"]);
});

test("a board that breaks off is asked for again, and stops when it is not watched any more", async () => {
  vi.useFakeTimers();
  const seen: Board[] = [];
  let asked = 0;
  const guids: (string | null)[] = [];
  vi.stubGlobal("fetch", async (_url: string, init: RequestInit) => {
    asked += 1;
    guids.push(new Headers(init.headers).get("Guid"));
    const text = JSON.stringify(frame({ is_whole: true, agents: [agent("101", "idle")] }));
    const half = text.length / 2;
    const parts = [text.slice(0, half), `${text.slice(half)}\n\n`].map((part) =>
      new TextEncoder().encode(part),
    );
    return new Response(new Blob(parts).stream());
  });
  const stop = new DeskClient({ workno: "101", guid: () => "g" }).watch((board) => seen.push(board));
  await vi.advanceTimersByTimeAsync(1_200);
  expect(asked).toBeGreaterThan(1);
  expect(seen).toHaveLength(asked);
  expect(seen[0]?.agents.get("101")?.state).toBe("idle");
  expect(new Set(guids)).toEqual(new Set(["g"]));
  stop();
  const before = asked;
  await vi.advanceTimersByTimeAsync(20_000);
  expect(asked).toBe(before);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});
