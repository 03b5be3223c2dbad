/** The connection of an incoming call, built while it rings, so that answering only has to say so. */

/**
 * Takes ICE and DTLS out of the time between the click and the first word: the server, which is ICE-lite and passive,
 * serves both as soon as its offer is out. Until `adopt` the microphone is silent.
 */
export class EarlyAnswer {
  readonly #connection: RTCPeerConnection;
  readonly #ready: Promise<void>;
  #works = true;

  constructor(configuration: RTCConfiguration, offer: string, stream: MediaStream) {
    const connection = new RTCPeerConnection(configuration);
    this.#connection = connection;
    for (const track of stream.getTracks()) {
      track.enabled = false;
      connection.addTrack(track, stream);
    }
    // Bound now: `adopt` may come before the offer is taken.
    const answer = connection.setLocalDescription.bind(connection);
    this.#ready = connection.setRemoteDescription({ type: "offer", sdp: offer }).then(() => answer());
    this.#ready.catch(() => {
      this.#works = false;
      connection.close();
    });
  }

  get connection(): RTCPeerConnection {
    return this.#connection;
  }

  /**
   * Opens the microphone and runs `answer`, in which JsSIP makes a connection and negotiates: it gets this one, and
   * the steps that are done already change nothing. Afterwards the connection is an ordinary one.
   */
  adopt(answer: () => void): void {
    // Not the tracks of the beginning: another microphone may have been chosen meanwhile.
    for (const { track } of this.#connection.getSenders()) if (track) track.enabled = true;
    if (!this.#works) {
      answer();
      return;
    }
    const connection = this.#connection;
    const done = {
      addTrack: () => connection.getSenders()[0],
      setRemoteDescription: () => this.#ready,
      createAnswer: async () => connection.localDescription,
      setLocalDescription: async () => {
        for (const name of Object.keys(done)) Reflect.deleteProperty(connection, name);
      },
    };
    Object.assign(connection, done);
    // JsSIP takes no connection that exists; its `answer` makes one at once, before it returns.
    const original = globalThis.RTCPeerConnection;
    globalThis.RTCPeerConnection = function Adopted() {
      return connection;
    } as unknown as typeof RTCPeerConnection;
    try {
      answer();
    } finally {
      globalThis.RTCPeerConnection = original;
    }
  }

  close(): void {
    this.#connection.close();
  }
}
