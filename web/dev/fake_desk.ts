/** `/api/v1/desk` over a pretended gateway: the board follows its colleagues, contacts are what was put in. */

import type { BoardAgent, BoardFrame, DeskContact } from "@opencec/api-client";
import { FakeDeskChats } from "./fake_desk_chats.ts";
import type { FakeGateway, Reply } from "./fake_gateway.ts";

const STATES: Record<number, BoardAgent["state"]> = {
  2: "signed_out",
  3: "busy",
  4: "idle",
  5: "wrap_up",
  7: "talking",
  8: "rest",
};
const WRAP_UP_MS = 120_000;
const PAGE = 30;

export class FakeDesk {
  contacts: DeskContact[] = [];
  /** What was written, by call id. */
  notes: Record<string, { note: string; reasons: number[] }> = {};

  readonly chats = new FakeDeskChats();

  constructor(readonly gateway: FakeGateway) {}

  frame(): BoardFrame {
    const { gateway } = this;
    const now = gateway.now();
    const row = (workno: string, name: string, status: number): BoardAgent => ({
      workno,
      name,
      role: "agent",
      state: STATES[status] ?? "idle",
      since: now - 95_000,
      busy_reason: 0,
      is_available: true,
      queues: [1, 2],
    });
    const talking = gateway.colleagues.filter(({ status }) => status === 7);
    return {
      now,
      is_whole: true,
      agents: gateway.colleagues.map(({ workno, name, status }) => row(workno, name, status)),
      queues: [
        { id: 1, name: "Sales", waiting: 3, idle: 0, signed_in: 4 },
        { id: 2, name: "Support", waiting: 0, idle: 2, signed_in: 4 },
      ],
      calls: talking.map(({ workno }, at) => ({
        callid: `17-${at}`,
        state: "talking",
        since: now - 60_000,
        direction: "inbound",
        caller: "15550100",
        called: "1001",
        queue: 1,
        agents: [workno],
        began_at: now - 95_000,
      })),
      ended: [],
    };
  }

  /** @param path behind `/api/v1/desk/<workno>` */
  handle(method: string, path: string, body: unknown): Reply {
    const url = new URL(path, "http://fake");
    const reply = (status: number, given: unknown): Reply => ({ status, headers: {}, body: given });
    const note = /^\/contacts\/(.+)\/note$/.exec(url.pathname)?.[1];
    if (note && method === "PUT") {
      this.notes[note] = body as { note: string; reasons: number[] };
      return reply(200, {});
    }
    const chats = this.chats.handle(method, url, body);
    if (chats) return chats;
    if (url.pathname === "/contacts") return reply(200, this.#page(url.searchParams));
    if (url.pathname.endsWith("/path"))
      return reply(200, { path: [{ menu: "Sales or Support", key: "1", text: "Sales" }] });
    const now = this.gateway.now();
    const wrapping = this.gateway.state === 5;
    const until = wrapping ? now + WRAP_UP_MS : 0;
    return reply(200, { state: STATES[this.gateway.state], since: now, until, now });
  }

  #page(query: URLSearchParams): { contacts: DeskContact[]; after: string | null } {
    const missed = query.get("kind") === "missed";
    const all = this.contacts.filter(
      ({ outcome }) => !missed || outcome === "missed" || outcome === "rejected",
    );
    const first = Number(query.get("after") ?? 0);
    const contacts = all.slice(first, first + PAGE);
    return { contacts, after: all.length > first + PAGE ? String(first + PAGE) : null };
  }
}
