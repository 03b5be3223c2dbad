/** A customer's call from the first click to the last word, without any framework. */

import { ApiError, type Caller, newCaller, sipSocketUrl } from "@opencec/api-client";
import {
  type CallEnd,
  type CallFailure,
  claimTab,
  MicrophoneError,
  type PhoneState,
  Softphone,
} from "@opencec/softphone";
import { type DeviceChoice, keepDevices, readDevices } from "./devices";

export type Stage = "ready" | "preparing" | "calling" | "talking" | "resuming" | "ended";

/** What the caller is told; "too_many" means the server limits new callers. */
export type Problem = CallFailure | "lost" | "too_many" | "unknown_code";

export interface CallView {
  stage: Stage;
  to: string;
  phone: PhoneState;
  /** Local clock, milliseconds. */
  talkingSince: number | null;
  problem: Problem | null;
  /** Milliseconds of the call that ended. */
  talkedMs: number;
}

/** What a reload needs: the same account and instance, or the server cannot bring the call back. */
interface Kept {
  caller: Caller;
  instanceId: string;
  to: string;
  /** A reload turns the camera on again. */
  camera: boolean;
  /** When the call was answered; null while there is none. */
  talkingSince: number | null;
}

const KEY = "opencec.call";
const REGISTER_WITHIN_MS = 12_000;
/** The server waits 30 s for a lost leg; a page that came back is served within 2 s. */
const RESUME_WITHIN_MS = 12_000;
const ACCOUNT_MARGIN_MS = 60_000;
const RELOAD_OVERLAP_MS = 1_500;

export class CallSession {
  readonly phone = new Softphone();
  #view: CallView;
  #kept: Kept | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  readonly #listeners = new Set<() => void>();

  constructor(to: string) {
    this.#view = {
      stage: "ready",
      to,
      phone: this.phone.state,
      talkingSince: null,
      problem: null,
      talkedMs: 0,
    };
    void this.phone.setDevices(readDevices());
    this.phone.on("change", (phone) => this.#phoneChanged(phone));
    this.phone.on("ended", (end) => this.#ended(end));
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly view = (): CallView => this.#view;

  choose(to: string): void {
    this.#set({ to, stage: "ready", problem: null });
  }

  /** Brings back the call that was going on before a reload, if any. */
  async resume(): Promise<void> {
    const kept = readKept();
    if (!kept || this.#kept) return;
    // A duplicated tab inherits the storage but must not take over the call.
    const lock = await claimTab(`opencec-call-${kept.instanceId}`, { waitMs: RELOAD_OVERLAP_MS });
    if (!lock) {
      forget();
      return;
    }
    this.#kept = kept;
    if (kept.talkingSince === null) return;
    this.#set({ stage: "resuming", to: kept.to, talkingSince: kept.talkingSince });
    this.#connect(kept);
    void this.phone.setCamera(kept.camera);
    this.#timer = setTimeout(() => this.#finish("lost"), RESUME_WITHIN_MS);
  }

  /** Calls the chosen subject, or face to face where video calls go. */
  async start({ videoCode = null }: { videoCode?: string | null } = {}): Promise<void> {
    this.#attempt += 1;
    const attempt = this.#attempt;
    const video = videoCode !== null;
    this.#set({ stage: "preparing", problem: null, talkedMs: 0, talkingSince: null });
    try {
      await this.phone.prepare({ video });
      const kept = await this.#account(videoCode ?? this.#view.to, video);
      if (attempt !== this.#attempt) return;
      this.#connect(kept);
      await this.#registered();
      if (attempt !== this.#attempt) return;
      this.#set({ stage: "calling" });
      await this.phone.call(kept.caller.target, { video });
    } catch (error) {
      if (attempt !== this.#attempt) return;
      // The microphone's own problem is part of the phone's state.
      this.#finish(error instanceof MicrophoneError ? null : problemOf(error), {
        ready: error instanceof MicrophoneError,
      });
    }
  }

  hangUp(): void {
    if (this.phone.state.call) this.phone.hangUp();
    else {
      this.#attempt += 1;
      this.#finish(null, { ready: true });
    }
  }

  setCamera(on: boolean): void {
    void this.phone.setCamera(on);
    if (this.#kept) this.#keep({ ...this.#kept, camera: on });
  }

  /** Takes effect at once, and in the calls that follow. */
  setDevices(choice: DeviceChoice): void {
    keepDevices(choice);
    void this.phone.setDevices(choice).catch(() => undefined); // the state carries the microphone's problem
  }

  async #account(to: string, video: boolean): Promise<Kept> {
    const kept = this.#kept;
    const fresh = kept && kept.caller.sip.expires_at_ms - ACCOUNT_MARGIN_MS > Date.now();
    if (fresh && kept.to === to) return this.#keep({ ...kept, camera: video });
    const caller = await newCaller(to);
    const instanceId = kept?.instanceId ?? crypto.randomUUID();
    if (!kept) void claimTab(`opencec-call-${instanceId}`, { waitMs: RELOAD_OVERLAP_MS });
    return this.#keep({ caller, instanceId, to, camera: video, talkingSince: null });
  }

  #connect({ caller, instanceId }: Kept): void {
    const { user, password, domain } = caller.sip;
    this.phone.start({ user, password, domain, instanceId, wsUrl: sipSocketUrl(caller.ws_path) });
  }

  #registered(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle(() => reject(new Failure("network"))), REGISTER_WITHIN_MS);
      const look = ({ registered, refusal }: PhoneState) => {
        if (registered) settle(resolve);
        else if (refusal) settle(() => reject(new Failure(refusal === 503 ? "overloaded" : "forbidden")));
      };
      const off = this.phone.on("change", look);
      const settle = (then: () => void) => {
        clearTimeout(timer);
        off();
        then();
      };
      look(this.phone.state);
    });
  }

  #phoneChanged(phone: PhoneState): void {
    const talking = phone.call?.phase === "connected";
    if (talking && this.#view.stage !== "talking") {
      clearTimeout(this.#timer);
      const talkingSince = this.#view.talkingSince ?? Date.now();
      this.#set({ phone, stage: "talking", talkingSince });
      if (this.#kept) this.#keep({ ...this.#kept, talkingSince });
      return;
    }
    this.#set({ phone });
  }

  #ended({ failure, call, byFarEnd }: CallEnd): void {
    const problem = failure === "no_answer" && !byFarEnd && call.phase !== "connected" ? null : failure;
    this.#finish(problem);
  }

  #finish(problem: Problem | null, { ready = false } = {}): void {
    clearTimeout(this.#timer);
    const { talkingSince } = this.#view;
    if (this.#kept) this.#keep({ ...this.#kept, talkingSince: null });
    this.#set({
      stage: ready ? "ready" : "ended",
      problem,
      talkedMs: talkingSince === null ? 0 : Date.now() - talkingSince,
      talkingSince: null,
    });
    const { microphone } = this.phone.state;
    this.phone.stop({ unregister: true });
    this.#set({ phone: { ...this.phone.state, microphone } });
  }

  #keep(kept: Kept): Kept {
    this.#kept = kept;
    try {
      sessionStorage.setItem(KEY, JSON.stringify(kept));
    } catch {
      // Without storage a reload ends the call, which is all that is lost.
    }
    return kept;
  }

  #set(change: Partial<CallView>): void {
    this.#view = { ...this.#view, ...change };
    for (const listener of this.#listeners) listener();
  }
}

class Failure extends Error {
  constructor(readonly problem: Problem) {
    super(problem);
  }
}

function problemOf(error: unknown): Problem {
  if (error instanceof Failure) return error.problem;
  if (!(error instanceof ApiError)) return "network";
  if (error.status === 404 || error.status === 422) return "unknown_code";
  if (error.status === 429) return "too_many";
  return error.status === 503 ? "overloaded" : "server";
}

function readKept(): Kept | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Kept | null;
  } catch {
    return null;
  }
}

function forget(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing was kept then.
  }
}
