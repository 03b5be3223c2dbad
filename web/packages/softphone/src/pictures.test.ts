import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PictureLine, type Pictures } from "./pictures";

/** The browser's side of one video section. */
class Connection extends EventTarget {
  signalingState = "stable";
  remoteDescription = {};
  line = {
    direction: "recvonly",
    currentDirection: null as string | null,
    receiver: { track: { kind: "video" } },
    sender: {
      track: null as unknown,
      replaceTrack: async (track: unknown) => {
        this.line.sender.track = track;
      },
    },
  };

  getTransceivers() {
    return [this.line];
  }

  negotiate(offered: string): void {
    this.#become("have-remote-offer");
    this.line.currentDirection = offered === "sendrecv" ? this.line.direction : offered;
    this.#become("stable");
  }

  #become(state: string): void {
    this.signalingState = state;
    this.dispatchEvent(new Event("signalingstatechange"));
  }
}

class Stream {
  constructor(readonly tracks: unknown[]) {}
  getTracks = () => this.tracks;
  getVideoTracks = () => this.tracks;
}

let opened: { stop: ReturnType<typeof vi.fn> }[] = [];
const getUserMedia = vi.fn();
let shown: Pictures | null = null;

function follow({ wanted }: { wanted: boolean }) {
  const line = new PictureLine({ wanted, onChange: (pictures) => (shown = pictures) });
  const connection = new Connection();
  line.follow(connection as unknown as RTCPeerConnection);
  return { line, connection, sent: () => connection.line.sender.track };
}

beforeEach(() => {
  opened = [];
  getUserMedia.mockReset();
  getUserMedia.mockImplementation(async () => {
    const track = { kind: "video", stop: vi.fn() };
    opened.push(track);
    return new Stream([track]);
  });
  vi.stubGlobal("MediaStream", Stream);
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia } });
});
afterEach(() => vi.unstubAllGlobals());

test("the camera stays closed while it rings and opens with the answer", async () => {
  const { line, connection, sent } = follow({ wanted: true });
  connection.negotiate("sendrecv");
  expect(shown?.active).toBe(true);
  expect(opened).toHaveLength(0);
  line.begin();
  await vi.waitFor(() => expect(sent()).toBe(opened[0]));
});

test("video that comes into a voice call is seen, and nobody is shown unasked", async () => {
  const { line, connection, sent } = follow({ wanted: false });
  line.begin();
  connection.negotiate("sendrecv");
  await vi.waitFor(() => expect(shown?.remote?.getTracks()).toEqual([connection.line.receiver.track]));
  expect(connection.line.direction).toBe("sendrecv"); // room for a camera that is turned on later
  expect(getUserMedia).not.toHaveBeenCalled();
  await line.setCamera(true);
  expect(sent()).toBe(opened[0]);
});

test("a camera that is turned off is closed and sends nothing", async () => {
  const { line, connection, sent } = follow({ wanted: true });
  line.begin();
  connection.negotiate("sendrecv");
  await vi.waitFor(() => expect(sent()).toBe(opened[0]));
  await line.setCamera(false);
  expect(sent()).toBeNull();
  expect(shown?.own).toBeNull();
  await vi.waitFor(() => expect(opened[0]?.stop).toHaveBeenCalled());
});

test("back at voice, and at the end of the call, the camera is closed", async () => {
  const { line, connection, sent } = follow({ wanted: true });
  line.begin();
  connection.negotiate("sendrecv");
  await vi.waitFor(() => expect(sent()).toBe(opened[0]));
  connection.negotiate("stopped");
  await vi.waitFor(() => expect(opened[0]?.stop).toHaveBeenCalled());
  expect(shown).toMatchObject({ active: false, remote: null, own: null });
  connection.negotiate("sendrecv");
  await vi.waitFor(() => expect(sent()).toBe(opened[1]));
  line.stop();
  await vi.waitFor(() => expect(opened[1]?.stop).toHaveBeenCalled());
});

test("a call without a camera goes on and says what is missing", async () => {
  getUserMedia.mockRejectedValue(Object.assign(new Error("none"), { name: "NotFoundError" }));
  const { line, connection, sent } = follow({ wanted: true });
  line.begin();
  connection.negotiate("sendrecv");
  await vi.waitFor(() => expect(shown?.problem).toBe("missing"));
  expect(sent()).toBeNull();
  expect(shown?.remote).not.toBeNull();
});

test("another camera takes the place of the one in use", async () => {
  const { line, connection, sent } = follow({ wanted: true });
  line.begin();
  connection.negotiate("sendrecv");
  await vi.waitFor(() => expect(sent()).toBe(opened[0]));
  await line.setDevice("second");
  expect(getUserMedia).toHaveBeenLastCalledWith({
    video: expect.objectContaining({ deviceId: { exact: "second" } }),
  });
  expect(sent()).toBe(opened[1]);
  expect(opened[0]?.stop).toHaveBeenCalled();
});
