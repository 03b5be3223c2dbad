/** `npm run dev:fake`: the pages with a pretended server behind them. Agents 101 and 102, password Secret_1. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Plugin, PreviewServer, ViteDevServer } from "vite";
import { WebSocketServer } from "ws";
import { FakeDesk } from "./fake_desk.ts";
import { ACCOUNT } from "./fake_fetch.ts";
import { FakeGateway } from "./fake_gateway.ts";
import { type SipLine, serveSip } from "./fake_sip.ts";

const PASSWORD = "Secret_1";
const QUEUES = [
  { id: 1, name: "Sales" },
  { id: 2, name: "Support" },
  { id: 3, name: "Video" },
  { id: 4, name: "Chat" },
];
const INFO = {
  product: "OpenCEC",
  version: "0.1.0",
  demo: true,
  https_url: "https://192.0.2.10:8443",
  http_url: "http://127.0.0.1:8080",
  ws_sip: "ws://127.0.0.1:8080/sip",
  sip: "127.0.0.1:5060",
  docs_url: "/docs",
  access_codes: [
    { code: "1000", name: "Welcome flow" },
    { code: "1001", name: "Sales" },
    { code: "1002", name: "Support" },
    { code: "1004", name: "Echo test" },
  ],
  signed_in_agents: 1,
  live_calls: 0,
};

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text ? JSON.parse(text) : null;
}

function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "Content-Type": "application/json;charset=UTF-8", ...headers });
  response.end(JSON.stringify(body));
}

class FakeServer {
  readonly gateways = new Map(["101", "102"].map((workno) => [workno, new FakeGateway(workno, PASSWORD)]));
  readonly desks = new Map<string, FakeDesk>();
  readonly lines = new Map<string, SipLine>();
  callStatus = 200;
  codes = INFO.access_codes;
  absent = false;
  onAbsent: () => void = () => undefined;

  constructor() {
    for (const [workno, gateway] of this.gateways) {
      gateway.ringPhone = (call) => this.lines.get(`7${workno}`)?.ring({ caller: call.caller });
      gateway.hangUpPhone = () => this.lines.get(`7${workno}`)?.hangUp();
    }
  }

  registered(line: SipLine): void {
    this.lines.set(line.user, line);
    const gateway = this.gateways.get(line.user.slice(1));
    const live = gateway?.calls.find((call) => call.phase === "talking" || call.phase === "held");
    if (live) setTimeout(() => line.ring({ caller: live.caller, resumed: true }), 100);
  }

  answered(line: SipLine): void {
    this.gateways.get(line.user.slice(1))?.phoneAnswered();
  }

  session(body: unknown): [number, unknown] {
    const { workno, password } = body as { workno: string; password: string };
    if (workno === "110") return [423, { code: "locked", message: "", retry_after_s: 180 }];
    if (password !== PASSWORD || !this.gateways.has(workno)) return [401, { code: "wrong", message: "" }];
    return [
      200,
      {
        workno,
        name: workno === "101" ? "Lena Brandt" : "Amir Haddad",
        vdn: 1,
        sip: { user: `7${workno}`, password: "sip", domain: "fake.invalid" },
        ws_path: "/sip",
        queues: QUEUES,
        rest_reasons: [
          { restReasonId: 1, restReason: "Lunch" },
          { restReasonId: 2, restReason: "Short break" },
        ],
        busy_reasons: [
          { id: 200, name: "Meeting" },
          { id: 201, name: "Paperwork" },
        ],
        role: workno === "102" ? "inspector" : "agent",
        echo_code: "1004",
        call_reasons: ACCOUNT.call_reasons,
        screen_pops: [],
      },
    ];
  }

  /** Steers the fake from outside: POST /__fake/{command} with a JSON body. */
  command(name: string, body: Record<string, unknown>): void {
    const gateway = this.gateways.get(String(body.workno ?? "101"));
    if (name === "incoming") gateway?.incoming(body);
    if (name === "customer-hangs-up") gateway?.customerHangsUp();
    if (name === "far-end-answers") gateway?.farEndAnswers();
    if (name === "event") gateway?.event(String(body.type), body.content ?? null);
    if (name === "call-status") this.callStatus = Number(body.status);
    if (name === "absent") this.absent = Boolean(body.absent);
    if (this.absent) this.onAbsent();
    if (name === "codes") this.codes = body.codes as typeof this.codes;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const { pathname, search } = new URL(request.url ?? "/", "http://fake");
    if (pathname.startsWith("/__fake/")) {
      this.command(pathname.slice(8), ((await bodyOf(request)) ?? {}) as Record<string, unknown>);
      answer(response, 200, {});
      return true;
    }
    const ours = pathname.startsWith("/api/") || pathname.startsWith("/agentgateway/");
    if (!ours) return false;
    if (this.absent) response.destroy();
    else if (pathname === "/api/v1/info") answer(response, 200, { ...INFO, access_codes: this.codes });
    else if (pathname === "/api/v1/agent/session") answer(response, ...this.session(await bodyOf(request)));
    else if (pathname === "/api/v1/callers") {
      const { to } = (await bodyOf(request)) as { to: string };
      const sip = {
        user: "c1",
        password: "p",
        domain: "fake.invalid",
        expires_at_ms: Date.now() + 3_600_000,
      };
      answer(response, 200, { sip, ws_path: "/sip", target: `sip:${to}@fake.invalid` });
    } else if (pathname.startsWith("/api/v1/desk/")) await this.#desk(request, response, pathname + search);
    else await this.#gateway(request, response, pathname + search);
    return true;
  }

  /** The board tells once and stays open, as the real one does. */
  async #desk(request: IncomingMessage, response: ServerResponse, url: string): Promise<void> {
    const [, workno = "", path = ""] = /^\/api\/v1\/desk\/(\d+)(.*)$/.exec(url) ?? [];
    const gateway = this.gateways.get(workno);
    if (!gateway) return answer(response, 401, { code: "not_signed_in", message: "" });
    const desk = this.desks.get(workno) ?? new FakeDesk(gateway);
    this.desks.set(workno, desk);
    if (path === "/live") {
      response.writeHead(200, { "Content-Type": "application/x-ndjson" });
      response.write(`${JSON.stringify(desk.frame())}\n`);
      return;
    }
    const { status, body } = desk.handle(request.method ?? "GET", path, await bodyOf(request));
    answer(response, status, body);
  }

  async #gateway(request: IncomingMessage, response: ServerResponse, url: string): Promise<void> {
    const path = url.replace("/agentgateway/resource/", "");
    const gateway = this.gateways.get(path.split("/")[1] ?? "");
    const guid = request.headers.guid;
    const body = await bodyOf(request);
    const reply = await gateway?.handle(
      request.method ?? "GET",
      path,
      typeof guid === "string" ? guid : null,
      body,
    );
    answer(response, reply?.status ?? 404, reply?.body ?? null, reply?.headers ?? {});
  }
}

/** What the server is to send with every page. */
const POLICY =
  "default-src 'self'; connect-src 'self'; img-src 'self' data:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

type Server = Pick<ViteDevServer | PreviewServer, "httpServer" | "middlewares">;

function serve(fake: FakeServer, server: Server): void {
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "sip" });
  server.httpServer?.on("upgrade", (request, socket, head) => {
    if (request.url !== "/sip") return;
    if (fake.absent) {
      socket.destroy();
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) =>
      serveSip(client, {
        registered: (line) => fake.registered(line),
        answered: (line) => fake.answered(line),
        called: () => fake.callStatus,
      }),
    );
  });
  fake.onAbsent = () => {
    for (const client of sockets.clients) client.terminate();
  };
  server.middlewares.use((request, response, next) => {
    fake.handle(request, response).then((done) => {
      if (!done) next();
    }, next);
  });
}

export function fakeBackend(): Plugin {
  const fake = new FakeServer();
  return {
    name: "fake-backend",
    configureServer: (server) => serve(fake, server),
    configurePreviewServer(server) {
      server.middlewares.use((_request, response, next) => {
        response.setHeader("Content-Security-Policy", POLICY);
        next();
      });
      serve(fake, server);
    },
  };
}
