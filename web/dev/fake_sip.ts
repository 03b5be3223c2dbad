/** Just enough SIP over WebSocket that a browser registers, calls and is called. No media flows. */

import type { WebSocket } from "ws";

const FINGERPRINT = Array.from({ length: 32 }, (_, i) =>
  (i + 16).toString(16).padStart(2, "0").toUpperCase(),
).join(":");

/** A description that browsers accept; nothing answers behind its candidate. */
function description({ events, setup }: { events: number; setup: "passive" | "actpass" }): string {
  return [
    "v=0",
    "o=- 1 1 IN IP4 127.0.0.1",
    "s=-",
    "t=0 0",
    "a=ice-lite",
    `m=audio 40000 UDP/TLS/RTP/SAVPF 0 8 ${events}`,
    "c=IN IP4 127.0.0.1",
    "a=mid:0",
    "a=ice-ufrag:fake",
    "a=ice-pwd:fakefakefakefakefakefake",
    `a=fingerprint:sha-256 ${FINGERPRINT}`,
    `a=setup:${setup}`,
    "a=rtcp-mux",
    "a=rtpmap:0 PCMU/8000",
    "a=rtpmap:8 PCMA/8000",
    `a=rtpmap:${events} telephone-event/8000`,
    "a=sendrecv",
    "a=candidate:1 1 udp 2130706431 127.0.0.1 40000 typ host",
    "",
  ].join("\r\n");
}

interface Parsed {
  start: string;
  header: (name: string) => string;
  lines: string[];
  body: string;
}

function parse(text: string): Parsed {
  const [head = "", body = ""] = text.split("\r\n\r\n");
  const [start = "", ...lines] = head.split("\r\n");
  const header = (name: string) =>
    lines
      .find((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
      ?.slice(name.length + 1)
      .trim() ?? "";
  return { start, header, lines, body };
}

interface Dialog {
  id: string;
  from: string;
  to: string;
  target: string;
}

export interface SipLine {
  user: string;
  ring(call: { caller: string; resumed?: boolean }): void;
  hangUp(): void;
}

export interface SipHooks {
  registered: (line: SipLine) => void;
  answered: (line: SipLine) => void;
  /** Final status for a call from the browser; 200 answers it. */
  called: (target: string) => number;
}

/** Serves one WebSocket. */
export function serveSip(socket: WebSocket, hooks: SipHooks): void {
  let serial = Date.now() % 100_000;
  let user = "";
  let contact = "";
  let dialog: Dialog | null = null;

  const send = (start: string, headers: string[], body = "") =>
    socket.send(
      [
        start,
        ...headers,
        ...(body ? ["Content-Type: application/sdp"] : []),
        `Content-Length: ${body.length}`,
        "",
        body,
      ].join("\r\n"),
    );
  const via = () => {
    serial += 1;
    return `Via: SIP/2.0/WS fake.invalid;branch=z9hG4bK${serial}`;
  };
  const reply = (request: Parsed, status: string, extra: string[] = [], body = "") => {
    const copied = request.lines.filter((line) => /^(via|from|call-id|cseq):/i.test(line));
    const to = request.header("To");
    send(
      `SIP/2.0 ${status}`,
      [...copied, `To: ${to.includes("tag=") ? to : `${to};tag=fake`}`, ...extra],
      body,
    );
  };

  const line: SipLine = {
    user,
    ring({ caller, resumed = false }) {
      serial += 1;
      dialog = {
        id: `fake-${serial}`,
        from: `"+${caller}" <sip:${caller}@fake.invalid>;tag=f${serial}`,
        to: `<sip:${user}@fake.invalid>`,
        target: contact,
      };
      const headers = [
        via(),
        "Max-Forwards: 70",
        `From: ${dialog.from}`,
        `To: ${dialog.to}`,
        `Call-ID: ${dialog.id}`,
        "CSeq: 1 INVITE",
        "Contact: <sip:fake@fake.invalid;transport=ws>",
        ...(resumed ? ["Answer-Mode: Auto"] : []),
      ];
      send(`INVITE ${contact} SIP/2.0`, headers, description({ events: 101, setup: "actpass" }));
    },
    hangUp() {
      if (!dialog) return;
      const { id, from, to, target } = dialog;
      dialog = null;
      send(`BYE ${target} SIP/2.0`, [
        via(),
        "Max-Forwards: 70",
        `From: ${from}`,
        `To: ${to}`,
        `Call-ID: ${id}`,
        "CSeq: 9 BYE",
      ]);
    },
  };

  const requests: Record<string, (request: Parsed) => void> = {
    REGISTER(request) {
      contact = request.header("Contact").match(/<([^>]+)>/)?.[1] ?? "";
      user = request.header("To").match(/sip:([^@]+)@/)?.[1] ?? "";
      line.user = user;
      reply(request, "200 OK", [`Contact: ${request.header("Contact")}`]);
      if (!/expires=0/i.test(request.header("Contact"))) hooks.registered(line);
    },
    INVITE(request) {
      const status = hooks.called(request.start.split(" ")[1] ?? "");
      if (status === 0)
        return reply(request, "180 Ringing", ["Contact: <sip:fake@fake.invalid;transport=ws>"]);
      if (status !== 200) return reply(request, `${status} No`);
      const events = Number(request.body.match(/rtpmap:(\d+) telephone-event\/8000/)?.[1] ?? 101);
      const extra = ["Contact: <sip:fake@fake.invalid;transport=ws>"];
      dialog = {
        id: request.header("Call-ID"),
        from: `${request.header("To")};tag=fake`,
        to: request.header("From"),
        target: contact,
      };
      reply(request, "180 Ringing", extra);
      setTimeout(() => reply(request, "200 OK", extra, description({ events, setup: "passive" })), 300);
    },
    BYE: (request) => reply(request, "200 OK"),
    CANCEL: (request) => reply(request, "200 OK"),
  };

  socket.on("message", (data) => {
    const text = String(data);
    if (text === "\r\n\r\n") return socket.send("\r\n");
    const message = parse(text);
    if (!message.start.startsWith("SIP/2.0")) return requests[message.start.split(" ")[0] ?? ""]?.(message);
    if (!message.header("CSeq").endsWith("INVITE") || !message.start.startsWith("SIP/2.0 2") || !dialog)
      return;
    dialog.to = message.header("To");
    const { id, from, to, target } = dialog;
    send(`ACK ${target} SIP/2.0`, [
      via(),
      "Max-Forwards: 70",
      `From: ${from}`,
      `To: ${to}`,
      `Call-ID: ${id}`,
      "CSeq: 1 ACK",
    ]);
    hooks.answered(line);
  });
}
