/** A softphone without SIP, for tests of the pages. */

import { Emitter, NO_PICTURES, type PhoneState } from "@opencec/softphone";
import type { Phone } from "../apps/workbench/session/workbench";

interface Events {
  change: PhoneState;
  ended: never;
}

const DOWN: PhoneState = {
  link: "down",
  registered: false,
  refusal: null,
  call: null,
  quality: null,
  microphone: null,
  pictures: NO_PICTURES,
  audioBlocked: false,
  recovering: false,
};

export class FakePhone extends Emitter<Events> implements Phone {
  state: PhoneState = DOWN;
  onAnswered: () => void = () => undefined;
  #expecting = false;

  start(): void {
    this.#set({ link: "up", registered: true });
  }

  stop(): void {
    this.#set(DOWN);
  }

  /** The server calls this phone. */
  ring(number: string, { resumed = false } = {}): void {
    const automatic = resumed || this.#expecting;
    this.#expecting = false;
    this.#set({
      call: {
        id: "sip-1",
        direction: "in",
        phase: "ringing",
        number,
        name: number,
        resumed,
        automatic,
        connectedAt: null,
        muted: false,
        offersVideo: false,
      },
    });
    if (automatic) void this.answer();
  }

  stream = null;
  remote = null;

  async prepare(): Promise<void> {}

  async call(): Promise<void> {}

  async answer(): Promise<void> {
    if (this.state.call)
      this.#set({ call: { ...this.state.call, phase: "connected", connectedAt: Date.now() } });
    this.onAnswered();
  }

  hangUp(): void {
    this.#set({ call: null });
  }

  setMuted(muted: boolean): void {
    if (this.state.call) this.#set({ call: { ...this.state.call, muted } });
  }

  async setCamera(wanted: boolean): Promise<void> {
    this.#set({ pictures: { ...this.state.pictures, wanted } });
  }

  expectCall(): void {
    this.#expecting = true;
  }

  async setDevices(): Promise<void> {}

  unblockAudio(): void {}

  /** Changes what the page sees: a lost link, a missing microphone. */
  become(change: Partial<PhoneState>): void {
    this.#set(change);
  }

  #set(change: Partial<PhoneState>): void {
    this.state = { ...this.state, ...change };
    this.emit("change", this.state);
  }
}
