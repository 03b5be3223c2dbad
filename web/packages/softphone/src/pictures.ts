/** The pictures of a call: what the far end sends, and the own camera while it is wanted. */

import { CameraError, type CameraProblem, openCamera } from "./camera";
import { closeStream } from "./microphone";

export interface Pictures {
  /** The call carries video, whether or not anybody sends any. */
  active: boolean;
  remote: MediaStream | null;
  /** The opened camera. */
  own: MediaStream | null;
  /** The user wants to be seen, as far as there is a camera. */
  wanted: boolean;
  problem: CameraProblem | null;
}

export const NO_PICTURES: Pictures = {
  active: false,
  remote: null,
  own: null,
  wanted: false,
  problem: null,
};

const RECEIVES = new Set(["sendrecv", "recvonly"]);

/**
 * Follows the video section of a connection. The far end may bring video into a call at any time; it is taken as
 * something to see, and the camera is opened only when the user wants that. A camera that fails changes nothing else.
 */
export class PictureLine {
  readonly #byDefault: boolean;
  readonly #onChange: (pictures: Pictures) => void;
  #connection: RTCPeerConnection | null = null;
  #pictures: Pictures;
  #opening: Promise<MediaStream> | null = null;
  #deviceId: string | null = null;
  #mayOpen = false;

  /** @param wanted whether the camera is on at the beginning of a call with video. */
  constructor({ wanted, onChange }: { wanted: boolean; onChange: (pictures: Pictures) => void }) {
    this.#byDefault = wanted;
    this.#pictures = { ...NO_PICTURES, wanted };
    this.#onChange = onChange;
  }

  get pictures(): Pictures {
    return this.#pictures;
  }

  /** Opens the camera ahead of a call, so that the browser asks before anybody rings. Null: there is none. */
  async prepare(): Promise<MediaStream | null> {
    this.#set({ wanted: true });
    return this.#open();
  }

  follow(connection: RTCPeerConnection): void {
    this.#connection = connection;
    connection.addEventListener("signalingstatechange", () => {
      if (this.#connection !== connection) return;
      // Between the offer and our answer: the answer leaves room for our picture, or a later camera had none.
      if (connection.signalingState === "have-remote-offer") makeRoom(connection);
      if (connection.signalingState === "stable") void this.#settle();
    });
  }

  /** The call was made or answered: before that, the camera of one that rings stays closed. */
  begin(): void {
    this.#mayOpen = true;
    void this.#settle();
  }

  async setCamera(wanted: boolean): Promise<void> {
    this.#set({ wanted, problem: null });
    await this.#settle();
  }

  async setDevice(id: string | null): Promise<void> {
    if (this.#deviceId === id) return;
    this.#deviceId = id;
    const before = this.#pictures.own;
    if (!before) return;
    this.#opening = null;
    await this.#settle();
    closeStream(before);
  }

  /** The call is over; one that takes its place may keep what the user wants. */
  stop({ keepWish = false } = {}): void {
    this.#connection = null;
    this.#mayOpen = false;
    this.#close();
    this.#set({ ...NO_PICTURES, wanted: keepWish ? this.#pictures.wanted : this.#byDefault });
  }

  async #settle(): Promise<void> {
    const connection = this.#connection;
    if (!connection || connection.signalingState === "closed") return;
    const lines = videoOf(connection).filter(
      ({ currentDirection }) => currentDirection && currentDirection !== "stopped",
    );
    const seen = lines.find(({ currentDirection }) => RECEIVES.has(currentDirection ?? ""))?.receiver.track;
    const { remote, wanted } = this.#pictures;
    const same = remote?.getTracks()[0] === seen;
    this.#set({
      active: lines.length > 0,
      remote: same ? remote : seen ? new MediaStream([seen]) : null,
    });
    const shows = lines.length > 0 && wanted && this.#mayOpen;
    // What was opened for a call that is not answered yet stays open.
    if (!shows && connection.remoteDescription) this.#close();
    const stream = shows ? await this.#open() : null;
    if (this.#connection !== connection) return;
    const track = (this.#pictures.wanted && stream?.getVideoTracks()[0]) || null;
    for (const { sender } of lines) {
      if (sender.track !== track) await sender.replaceTrack(track).catch(() => undefined);
    }
  }

  async #open(): Promise<MediaStream | null> {
    this.#opening ??= openCamera(this.#deviceId);
    const opening = this.#opening;
    try {
      const stream = await opening;
      if (this.#opening !== opening) return null;
      this.#set({ own: stream, problem: null });
      return stream;
    } catch (error) {
      if (this.#opening !== opening) return null;
      this.#opening = null;
      this.#set({ own: null, problem: error instanceof CameraError ? error.problem : "failed" });
      return null;
    }
  }

  #close(): void {
    // A camera that is still being opened is closed as soon as it arrives.
    this.#opening?.then(closeStream, () => undefined);
    this.#opening = null;
    if (this.#pictures.own) this.#set({ own: null });
  }

  #set(change: Partial<Pictures>): void {
    this.#pictures = { ...this.#pictures, ...change };
    this.#onChange(this.#pictures);
  }
}

const videoOf = (connection: RTCPeerConnection): RTCRtpTransceiver[] =>
  connection.getTransceivers().filter(({ receiver }) => receiver.track.kind === "video");

function makeRoom(connection: RTCPeerConnection): void {
  for (const line of videoOf(connection)) {
    if (line.direction === "recvonly" || line.direction === "inactive") line.direction = "sendrecv";
  }
}
