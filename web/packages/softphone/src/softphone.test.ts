import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { failureOf, failureOfReason } from "./failure";
import { levelOf, MicrophoneError, openMicrophone } from "./microphone";
import { estimateMos, gradeOf, readQuality } from "./quality";
import { ReconnectingSocket, retryDelay } from "./socket";

test.each([
  [486, "Busy", "busy"],
  [603, "Rejected", "rejected"],
  [404, "Not Found", "not_found"],
  [480, "Unavailable", "unavailable"],
  [503, "SIP Failure Code", "overloaded"],
  [488, "Incompatible SDP", "media"],
  [0, "Connection Error", "network"],
  [0, "User Denied Media Access", "media"],
  [500, "SIP Failure Code", "server"],
])("SIP %i (%s) is %s", (status, cause, failure) => {
  expect(failureOf(status, cause)).toBe(failure);
});

test("a Reason header names the failure, and an ordinary end names none", () => {
  expect(failureOfReason('Q.850;cause=17;text="busy"')).toBe("busy");
  expect(failureOfReason("Q.850 ;cause=16")).toBeNull();
  expect(failureOfReason('SIP ;cause=480 ;text="no agent"')).toBe("unavailable");
  expect(failureOfReason("SIP;cause=200")).toBeNull();
  expect(failureOfReason(undefined)).toBeNull();
});

test("a clean call is good, ten percent of loss is not", () => {
  expect(gradeOf(estimateMos(10, 2, 0))).toBe("good");
  expect(gradeOf(estimateMos(10, 2, 10))).toBe("poor");
  expect(estimateMos(10, 2, 0)).toBeGreaterThan(estimateMos(300, 2, 0));
});

test("quality counts the loss since the last reading only", () => {
  const report = (packetsReceived: number, packetsLost: number) =>
    new Map<string, unknown>([
      ["a", { type: "inbound-rtp", kind: "audio", packetsReceived, packetsLost, jitter: 0.004 }],
      ["b", { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.03 }],
    ]);
  const first = readQuality(report(100, 10), null);
  const second = readQuality(report(200, 10), first?.totals ?? null);
  expect(second?.quality.lossPercent).toBe(0);
  expect(second?.quality.roundTripMs).toBeCloseTo(30);
  expect(second?.quality.jitterMs).toBeCloseTo(4);
  expect(readQuality(new Map(), null)).toBeNull();
});

test("levels follow the ear: full scale is 1, -60 dBFS and less is 0", () => {
  expect(levelOf(1)).toBe(1);
  expect(levelOf(0.001)).toBeCloseTo(0);
  expect(levelOf(0)).toBe(0);
});

test("without a secure address there is no microphone, and the reason says so", async () => {
  vi.stubGlobal("isSecureContext", false);
  await expect(openMicrophone()).rejects.toMatchObject({ problem: "insecure" });
  vi.unstubAllGlobals();
});

test.each([
  ["NotAllowedError", "denied"],
  ["NotFoundError", "missing"],
  ["NotReadableError", "in_use"],
  ["SomethingElse", "failed"],
])("%s from the browser means %s", async (name, problem) => {
  vi.stubGlobal("isSecureContext", true);
  const error = new Error(name);
  error.name = name;
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia: () => Promise.reject(error) } });
  await expect(openMicrophone()).rejects.toSatisfy(
    (e) => e instanceof MicrophoneError && e.problem === problem,
  );
  vi.unstubAllGlobals();
});

class FakeWebSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static all: FakeWebSocket[] = [];
  readyState = 0;
  sent: string[] = [];
  onopen: (() => void) | null = null;
  onclose: ((event: { wasClean: boolean; code: number; reason: string }) => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;

  constructor() {
    FakeWebSocket.all.push(this);
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.readyState = 3;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  drop(): void {
    this.readyState = 3;
    this.onclose?.({ wasClean: false, code: 1006, reason: "" });
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeWebSocket.all = [];
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function connected() {
  vi.stubGlobal("WebSocket", FakeWebSocket);
  const socket = new ReconnectingSocket("ws://example.com:8080/sip");
  socket.onconnect = vi.fn();
  socket.ondisconnect = vi.fn();
  socket.ondata = vi.fn();
  socket.connect();
  FakeWebSocket.all[0]?.open();
  return socket;
}

test("a lost socket is opened again within 250 ms and told to SIP once", () => {
  vi.spyOn(Math, "random").mockReturnValue(1);
  const socket = connected();
  FakeWebSocket.all[0]?.drop();
  expect(socket.ondisconnect).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(249);
  expect(FakeWebSocket.all).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(FakeWebSocket.all).toHaveLength(2);
  FakeWebSocket.all[1]?.drop();
  expect(socket.ondisconnect).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(500);
  FakeWebSocket.all[2]?.open();
  expect(socket.onconnect).toHaveBeenCalledTimes(2);
});

test("delays double from 250 ms and stop at 5 s", () => {
  expect([0, 1, 2, 3, 4, 5, 9].map((attempt) => retryDelay(attempt, 1))).toEqual([
    250, 500, 1000, 2000, 4000, 5000, 5000,
  ]);
  expect(retryDelay(9, 0)).toBe(2500);
  expect(retryDelay(3)).toBeLessThanOrEqual(2000);
  expect(retryDelay(3)).toBeGreaterThanOrEqual(1000);
});

test("a server that answered keep-alives before and falls silent counts as lost", () => {
  const socket = connected();
  const [wire] = FakeWebSocket.all;
  expect(wire?.sent).toEqual(["\r\n\r\n"]);
  wire?.onmessage?.({ data: "\r\n" });
  expect(socket.ondata).not.toHaveBeenCalled();
  vi.advanceTimersByTime(15_000);
  expect(socket.ondisconnect).not.toHaveBeenCalled();
  vi.advanceTimersByTime(5_000);
  expect(socket.ondisconnect).toHaveBeenCalledWith(true, 1006, "no answer to keep-alive");
});

test("another network makes an open connection prove that it lives, and ends a wait", () => {
  vi.stubGlobal("addEventListener", (name: string, listener: (event: Event) => void) =>
    heard.set(name, listener),
  );
  const heard = new Map<string, (event: Event) => void>();
  const socket = connected();
  const [wire] = FakeWebSocket.all;
  wire?.onmessage?.({ data: "\r\n" });
  heard.get("online")?.(new Event("online"));
  vi.advanceTimersByTime(1_999);
  expect(socket.ondisconnect).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(socket.ondisconnect).toHaveBeenCalledTimes(1);
  heard.get("offline")?.(new Event("offline"));
  expect(FakeWebSocket.all).toHaveLength(1);
  heard.get("online")?.(new Event("online"));
  expect(FakeWebSocket.all).toHaveLength(2);
});

test("a server that never answers keep-alives is not suspected", () => {
  const socket = connected();
  vi.advanceTimersByTime(120_000);
  expect(socket.ondisconnect).not.toHaveBeenCalled();
});

test("after disconnect nothing is opened again", () => {
  const socket = connected();
  socket.disconnect();
  vi.advanceTimersByTime(60_000);
  expect(FakeWebSocket.all).toHaveLength(1);
});
