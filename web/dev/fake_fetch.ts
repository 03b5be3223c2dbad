/** `fetch` against the pretended gateway and our own interface. */

import { FakeDesk } from "./fake_desk.ts";
import type { FakeGateway } from "./fake_gateway.ts";

export const ACCOUNT = {
  workno: "101",
  name: "Lena Brandt",
  vdn: 1,
  sip: { user: "7101", password: "sip", domain: "example.com" },
  ws_path: "/sip",
  queues: [
    { id: 1, name: "Sales" },
    { id: 2, name: "Support" },
  ],
  rest_reasons: [{ restReasonId: 1, restReason: "Lunch" }],
  busy_reasons: [{ id: 200, name: "Meeting" }],
  role: "agent",
  echo_code: "1004",
  call_reasons: [
    { id: 1, name: "Order", parent: 0 },
    { id: 2, name: "New order", parent: 1 },
    { id: 3, name: "Complaint", parent: 0 },
  ],
  screen_pops: [
    {
      name: "CRM",
      url: "https://crm.example.com/open?from=cec",
      place: "frame",
      at: "talking",
      parameters: [
        { name: "phone", source: "callerNum" },
        { name: "id", source: "callid" },
      ],
    },
  ],
};

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...headers } });

/** Null for what is not the desk's. */
function deskReply(desk: FakeDesk, url: URL, method: string, body: unknown): Response | null {
  const path = /^\/api\/v1\/desk\/\d+(.*)$/.exec(url.pathname)?.[1];
  if (path === undefined) return null;
  const streamed = desk.chats.stream(path + url.search);
  if (streamed) return streamed;
  if (path === "/live") return new Response(`${JSON.stringify(desk.frame())}\n`);
  const told = desk.handle(method, path + url.search, body);
  return json(told.status, told.body);
}

function sessionReply(gateway: FakeGateway, body: { workno: string; password: string }): Response {
  if (body.workno === "110") return json(423, { code: "locked", message: "", retry_after_s: 180 });
  const right = body.workno === gateway.workno && body.password === gateway.password;
  return right ? json(200, ACCOUNT) : json(401, { code: "wrong_password", message: "" });
}

/** @param isDown while true every request fails as it does when no server is there */
export function fakeFetch(
  gateway: FakeGateway,
  isDown: () => boolean = () => false,
  desk = new FakeDesk(gateway),
): typeof fetch {
  return async (input, init) => {
    const url = new URL(String(input), "http://localhost");
    const body = typeof init?.body === "string" ? JSON.parse(init.body) : null;
    if (isDown() || init?.signal?.aborted) throw new TypeError("Failed to fetch");
    if (url.pathname === "/api/v1/agent/session") return sessionReply(gateway, body);
    const ours = deskReply(desk, url, init?.method ?? "GET", body);
    if (ours) return ours;
    const path = (url.pathname + url.search).replace("/agentgateway/resource/", "");
    const guid = new Headers(init?.headers).get("Guid");
    const reply = await gateway.handle(init?.method ?? "GET", path, guid, body);
    return json(reply.status, reply.body, reply.headers);
  };
}
