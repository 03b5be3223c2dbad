/** A call to the server's echo: does the microphone hear, does the sound come back, is the network good enough? */

import { watchLevel } from "./microphone";
import type { CallEnd, PhoneState } from "./phone";
import type { Quality } from "./quality";

export const TEST_SECONDS = 8;
/** Speech close to a headset reads 0.5 and more, a silent room below 0.2 (see `levelOf`). */
const HEARD = 0.3;
const POOR_MOS = 3.1;
const CONNECT_WITHIN_MS = 10_000;

export type TestVerdict = "good" | "silent" | "no_echo" | "poor_network" | "no_call";

export interface TestReport {
  phase: "running" | "over";
  verdict: TestVerdict | null;
  secondsLeft: number;
  quality: Quality | null;
}

export interface Heard {
  connected: boolean;
  /** Loudest level of the microphone and of what came back, 0..1. */
  spoken: number;
  returned: number;
  quality: Pick<Quality, "mos"> | null;
}

/** The first thing that is wrong, in the order in which a person would look. */
export function verdictOf({ connected, spoken, returned, quality }: Heard): TestVerdict {
  if (!connected) return "no_call";
  if (spoken < HEARD) return "silent";
  if (returned < HEARD) return "no_echo";
  return quality && quality.mos < POOR_MOS ? "poor_network" : "good";
}

/** What a test needs of the softphone. */
export interface TestPhone {
  readonly state: PhoneState;
  readonly stream: MediaStream | null;
  readonly remote: MediaStream | null;
  call(target: string): Promise<void>;
  hangUp(): void;
  on(name: "change", listener: (state: PhoneState) => void): () => void;
  on(name: "ended", listener: (end: CallEnd) => void): () => void;
}

export class TestCall {
  readonly #phone: TestPhone;
  readonly #target: string;
  readonly #report: (report: TestReport) => void;
  #over: () => void = () => undefined;

  constructor(phone: TestPhone, target: string, report: (report: TestReport) => void) {
    this.#phone = phone;
    this.#target = target;
    this.#report = report;
  }

  /** Ends the test early; what was heard so far decides. */
  stop(): void {
    this.#over();
  }

  async run(): Promise<TestVerdict> {
    const phone = this.#phone;
    const heard: Heard = { connected: false, spoken: 0, returned: 0, quality: null };
    let quality: Quality | null = null;
    const stops: (() => void)[] = [];
    const over = new Promise<void>((resolve) => {
      this.#over = resolve;
    });
    const limit = setTimeout(() => this.#over(), CONNECT_WITHIN_MS);
    let left = TEST_SECONDS;
    const tell = (verdict: TestVerdict | null = null) =>
      this.#report({ phase: verdict ? "over" : "running", verdict, secondsLeft: left, quality });
    const connected = () => {
      heard.connected = true;
      clearTimeout(limit);
      const { stream, remote } = phone;
      if (stream) stops.push(watchLevel(stream, (level) => (heard.spoken = Math.max(heard.spoken, level))));
      if (remote)
        stops.push(watchLevel(remote, (level) => (heard.returned = Math.max(heard.returned, level))));
      const timer = setInterval(() => {
        left -= 1;
        tell();
        if (left <= 0) this.#over();
      }, 1000);
      stops.push(() => clearInterval(timer));
    };
    stops.push(phone.on("ended", () => this.#over()));
    stops.push(
      phone.on("change", (state) => {
        quality = state.quality ?? quality;
        if (state.call?.phase === "connected" && !heard.connected) connected();
      }),
    );
    tell();
    phone.call(this.#target).catch(() => this.#over());
    await over;
    clearTimeout(limit);
    for (const stop of stops) stop();
    if (phone.state.call) phone.hangUp();
    const verdict = verdictOf({ ...heard, quality });
    tell(verdict);
    return verdict;
  }
}
