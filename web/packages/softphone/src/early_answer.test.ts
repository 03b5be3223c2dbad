import { afterEach, expect, test, vi } from "vitest";
import { EarlyAnswer } from "./early_answer";

const track = { enabled: true, kind: "audio" };
const stream = { getTracks: () => [track] } as unknown as MediaStream;

class Connection {
  localDescription: { type: string; sdp: string } | null = null;
  steps: string[] = [];
  failing = false;
  addTrack() {
    this.steps.push("addTrack");
  }
  getSenders() {
    return [{ track }];
  }
  async setRemoteDescription() {
    this.steps.push("setRemoteDescription");
    if (this.failing) throw new Error("bad offer");
  }
  async createAnswer() {
    this.steps.push("createAnswer");
  }
  async setLocalDescription() {
    this.steps.push("setLocalDescription");
    this.localDescription = { type: "answer", sdp: "ours" };
  }
  close() {
    this.steps.push("close");
  }
}

afterEach(() => vi.unstubAllGlobals());

/** What JsSIP does in `answer`. */
async function negotiate(connection: RTCPeerConnection) {
  connection.addTrack(track as unknown as MediaStreamTrack, stream);
  await connection.setRemoteDescription({ type: "offer", sdp: "theirs" });
  const answer = await connection.createAnswer();
  await connection.setLocalDescription(answer);
  return answer;
}

test("negotiates while it rings with a silent microphone, and only once", async () => {
  vi.stubGlobal("RTCPeerConnection", Connection);
  const early = new EarlyAnswer({}, "theirs", stream);
  expect(track.enabled).toBe(false);
  let made: RTCPeerConnection | null = null;
  early.adopt(() => {
    made = new RTCPeerConnection();
  });
  expect(made).toBe(early.connection);
  expect(globalThis.RTCPeerConnection).toBe(Connection);
  expect(track.enabled).toBe(true);
  expect(await negotiate(early.connection)).toEqual({ type: "answer", sdp: "ours" });
  const { steps } = early.connection as unknown as Connection;
  expect(steps).toEqual(["addTrack", "setRemoteDescription", "setLocalDescription"]);
  // Later changes of the call are negotiated as ever.
  await early.connection.createAnswer();
  expect(steps.at(-1)).toBe("createAnswer");
});

test("an offer that could not be taken early is answered in the ordinary way", async () => {
  vi.stubGlobal(
    "RTCPeerConnection",
    class extends Connection {
      override failing = true;
    },
  );
  const early = new EarlyAnswer({}, "theirs", stream);
  await Promise.resolve().then(() => new Promise((done) => setTimeout(done)));
  let made: RTCPeerConnection | null = null;
  early.adopt(() => {
    made = new RTCPeerConnection();
  });
  expect(made).not.toBe(early.connection);
});
