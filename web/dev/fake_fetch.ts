/** `fetch` against the pretended gateway and our own interface. */

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
};

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...headers } });

/** @param isDown while true every request fails as it does when no server is there */
export function fakeFetch(gateway: FakeGateway, isDown: () => boolean = () => false): typeof fetch {
  return async (input, init) => {
    const url = new URL(String(input), "http://localhost");
    const body = typeof init?.body === "string" ? JSON.parse(init.body) : null;
    if (isDown() || init?.signal?.aborted) throw new TypeError("Failed to fetch");
    if (url.pathname === "/api/v1/agent/session") {
      if (body.workno === "110") return json(423, { code: "locked", message: "", retry_after_s: 180 });
      const right = body.workno === gateway.workno && body.password === gateway.password;
      return right ? json(200, ACCOUNT) : json(401, { code: "wrong_password", message: "" });
    }
    const path = (url.pathname + url.search).replace("/agentgateway/resource/", "");
    const guid = new Headers(init?.headers).get("Guid");
    const reply = await gateway.handle(init?.method ?? "GET", path, guid, body);
    return json(reply.status, reply.body, reply.headers);
  };
}
