/** The softphone: one registration, one call, a state that pages can show. */

import { UA } from "jssip";
import type { RTCSession } from "jssip/lib/RTCSession";
import type { RTCSessionEvent } from "jssip/lib/UA";
import { AudioOut } from "./audio_out";
import { EarlyAnswer } from "./early_answer";
import { Emitter } from "./emitter";
import { type CallFailure, failureOf, failureOfReason } from "./failure";
import { watchMedia } from "./media_watch";
import { closeStream, MicrophoneError, type MicrophoneProblem, openMicrophone } from "./microphone";
import { NO_PICTURES, PictureLine, type Pictures } from "./pictures";
import { type Quality, readQuality, type Totals } from "./quality";
import { ReconnectingSocket } from "./socket";

export interface PhoneAccount {
  user: string;
  password: string;
  domain: string;
  wsUrl: string;
  /** RFC 5626 `+sip.instance`, a UUID that survives reloads of the page. */
  instanceId: string;
}

export interface PhoneCall {
  id: string;
  direction: "in" | "out";
  phase: "ringing" | "calling" | "early" | "connected";
  number: string;
  name: string;
  /** The server brought a call back that this page (before a reload) already had. */
  resumed: boolean;
  /** Answered without asking: resumed, or something that the user just asked for. */
  automatic: boolean;
  /** Local clock, milliseconds; null before the call was answered. */
  connectedAt: number | null;
  muted: boolean;
  /** The far end offered pictures with the call, or we did. */
  offersVideo: boolean;
}

export interface PhoneState {
  link: "down" | "connecting" | "up";
  registered: boolean;
  /** SIP status of a refused registration; 0 when there was no answer. */
  refusal: number | null;
  call: PhoneCall | null;
  quality: Quality | null;
  microphone: MicrophoneProblem | null;
  pictures: Pictures;
  /** The browser wants a click before it plays sound. */
  audioBlocked: boolean;
  /** The call lost its network and is being fetched back; the far end is still there. */
  recovering: boolean;
}

export interface CallEnd {
  call: PhoneCall;
  failure: CallFailure | null;
  byFarEnd: boolean;
}

interface PhoneEvents {
  change: PhoneState;
  ended: CallEnd;
}

interface Line {
  session: RTCSession;
  totals: Totals | null;
  /** Of a call that rings. */
  early: EarlyAnswer | null;
}

/** The server keeps video out of the bundle: each kind has a transport of its own. */
const PEER: RTCConfiguration = { iceServers: [], bundlePolicy: "max-compat" };
/** Host candidates appear within milliseconds; a slow interface must not delay the call. */
const ICE_GATHERING_MS = 500;
/** How long the server may take to bring a call back whose media lost its way; it keeps its place for 30 s. */
const RECOVER_WITHIN_MS = 25_000;
const QUALITY_EVERY_MS = 2_000;
const REGISTER_AGAIN_MS = 2_000;
const TONE_MS = 100;
const TONE_GAP_MS = 70;
/** The server decides how long a phone rings. */
const RING_LIMIT_S = 180;

const INITIAL: PhoneState = {
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

export class Softphone extends Emitter<PhoneEvents> {
  readonly #audio = new AudioOut((audioBlocked) => this.#set({ audioBlocked }));
  readonly #pictures: PictureLine;
  #state: PhoneState = INITIAL;
  #account: PhoneAccount | null = null;
  #ua: UA | null = null;
  #socket: ReconnectingSocket | null = null;
  #line: Line | null = null;
  #microphone: Promise<MediaStream> | null = null;
  #stream: MediaStream | null = null;
  #remote: MediaStream | null = null;
  #inputId: string | null = null;
  #answerNextUntil = 0;
  /** The user hung up while the call was being fetched back. */
  #refuseResumedUntil = 0;
  #poll: ReturnType<typeof setInterval> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;
  #giveUp: ReturnType<typeof setTimeout> | undefined;
  #stopWatch: () => void = () => {};

  /** @param camera whether it is on at the beginning of calls with video that come in. */
  constructor({ camera = false } = {}) {
    super();
    this.#pictures = new PictureLine({ wanted: camera, onChange: (pictures) => this.#set({ pictures }) });
  }

  get state(): PhoneState {
    return this.#state;
  }

  /** The opened microphone while there is a call, for a level meter. */
  get stream(): MediaStream | null {
    return this.#stream;
  }

  /** What the far end sends while there is a call. */
  get remote(): MediaStream | null {
    return this.#remote;
  }

  /** Connects and registers; the state tells how it goes. */
  start(account: PhoneAccount): void {
    this.stop({ unregister: false });
    this.#account = account;
    this.#connect(account);
  }

  #connect(account: PhoneAccount): void {
    const socket = new ReconnectingSocket(account.wsUrl);
    const ua = new UA({
      sockets: [socket],
      uri: `sip:${account.user}@${account.domain}`,
      authorization_user: account.user,
      password: account.password,
      instance_id: account.instanceId,
      register: true,
      register_expires: 120,
      no_answer_timeout: RING_LIMIT_S,
      user_agent: "OpenCEC softphone",
    });
    this.#ua = ua;
    this.#socket = socket;
    this.#set({ link: "connecting", registered: false, refusal: null });
    ua.on("connected", () => this.#set({ link: "up" }));
    ua.on("disconnected", () => this.#set({ link: "connecting", registered: false }));
    ua.on("registered", () => this.#set({ registered: true, refusal: null }));
    ua.on("unregistered", () => this.#set({ registered: false }));
    ua.on("registrationFailed", ({ response }) => {
      this.#set({ registered: false, refusal: response?.status_code ?? 0 });
      clearTimeout(this.#again);
      this.#again = setTimeout(() => ua.isConnected() && ua.register(), REGISTER_AGAIN_MS);
    });
    ua.on("newRTCSession", (event: RTCSessionEvent) => {
      if (event.session.direction === "incoming") this.#incoming(event);
    });
    ua.start();
  }

  /**
   * Leaves.
   *
   * @param unregister false when another page is to take over the registration and the call.
   */
  stop({ unregister }: { unregister: boolean }): void {
    clearTimeout(this.#again);
    const ua = this.#ua;
    this.#ua = null;
    this.#account = null;
    if (!ua) return;
    ua.removeAllListeners();
    if (unregister) ua.stop();
    else this.#socket?.disconnect();
    this.#hangUpSilently();
    this.#set({ ...INITIAL, pictures: this.#pictures.pictures });
  }

  /** Calls `target` (a SIP URI), with video even when there is no camera. @throws MicrophoneError */
  async call(target: string, { video = false } = {}): Promise<void> {
    const ua = this.#ua;
    if (!ua) return;
    const microphone = await this.#openMicrophone();
    const camera = video ? await this.#pictures.prepare() : null;
    if (this.#ua !== ua) return;
    const mediaStream = camera
      ? new MediaStream([...microphone.getTracks(), ...camera.getTracks()])
      : microphone;
    const session = ua.call(target, {
      mediaStream,
      pcConfig: PEER,
      rtcOfferConstraints: { offerToReceiveAudio: true, offerToReceiveVideo: video },
    });
    this.#attach(session, {
      direction: "out",
      phase: "calling",
      resumed: false,
      automatic: true,
      offersVideo: video,
    });
    this.#listenTo(session.connection);
    this.#pictures.begin();
  }

  /** Asks for the devices ahead of a call, so that their prompts come first. @throws MicrophoneError */
  async prepare({ video = false } = {}): Promise<void> {
    await this.#openMicrophone();
    if (video) await this.#pictures.prepare();
  }

  /** Shows the user, in this call or in one with video that comes next; a camera that is off is closed. */
  setCamera(on: boolean): Promise<void> {
    return this.#pictures.setCamera(on);
  }

  /** Answers the ringing call. @throws MicrophoneError */
  async answer(): Promise<void> {
    const line = this.#line;
    if (!line || this.#state.call?.phase !== "ringing") return;
    const mediaStream = await this.#openMicrophone();
    if (this.#line !== line || !line.session.isInProgress()) return;
    const answer = () => line.session.answer({ mediaStream, pcConfig: PEER });
    if (line.early) line.early.adopt(answer);
    else answer();
    line.early = null;
    this.#pictures.begin();
  }

  /** The next incoming call within `ms` belongs to something the user just asked for: answer it unasked. */
  expectCall(ms: number): void {
    this.#answerNextUntil = Date.now() + ms;
  }

  /** Refuses a ringing call (486) or ends the call, whatever its phase. */
  hangUp(): void {
    const session = this.#line?.session;
    if (!session || session.isEnded()) return;
    if (this.#state.recovering) {
      this.#refuseResumedUntil = Date.now() + RECOVER_WITHIN_MS;
      this.#over({ originator: "local", cause: "Terminated" }); // nothing reaches the lost leg: it ends without media
      return;
    }
    const ringing = this.#state.call?.phase === "ringing";
    session.terminate(ringing ? { status_code: 486 } : undefined);
  }

  setMuted(muted: boolean): void {
    const session = this.#line?.session;
    if (!session || !this.#state.call) return;
    if (muted) session.mute({ audio: true });
    else session.unmute({ audio: true });
    this.#setCall({ muted });
  }

  /** Sends DTMF as telephone events in the audio stream (RFC 4733). */
  sendTones(tones: string): void {
    const sender = this.#line?.session.connection?.getSenders().find((each) => each.dtmf);
    if (!sender?.dtmf?.canInsertDTMF) return;
    sender.dtmf.insertDTMF(sender.dtmf.toneBuffer + tones, TONE_MS, TONE_GAP_MS);
  }

  /** Chooses devices; takes effect at once, also during a call. Null means the default. */
  async setDevices({
    input,
    output,
    camera = null,
  }: {
    input: string | null;
    output: string | null;
    camera?: string | null;
  }): Promise<void> {
    void this.#pictures.setDevice(camera);
    if (this.#inputId === input && this.#stream) return this.#audio.setDevice(output);
    this.#inputId = input;
    await this.#audio.setDevice(output);
    if (!this.#stream) return;
    const before = this.#stream;
    this.#microphone = null;
    const fresh = await this.#openMicrophone();
    const track = fresh.getAudioTracks()[0] ?? null;
    const early = this.#line?.early?.connection;
    if (track) track.enabled = !this.#state.call?.muted && !early;
    for (const sender of (early ?? this.#line?.session.connection)?.getSenders() ?? []) {
      if (sender.track?.kind === "audio") await sender.replaceTrack(track);
    }
    closeStream(before);
  }

  /** To be called from a click when the state says `audioBlocked`. */
  unblockAudio(): void {
    this.#audio.play();
  }

  #incoming({ session, request }: RTCSessionEvent): void {
    const header = (name: string): string =>
      (request as { getHeader(n: string): string }).getHeader(name) ?? "";
    const resumed = /^\s*auto\b/i.test(header("Answer-Mode"));
    const expected = Date.now() < this.#answerNextUntil;
    if (resumed ? Date.now() < this.#refuseResumedUntil : this.#line) {
      session.terminate({ status_code: 486 });
      return;
    }
    this.#answerNextUntil = 0;
    const wasMuted = resumed && this.#state.call?.muted === true;
    // A resumed call takes the place of the old leg, which the server closes; its word cannot reach a lost one.
    const lost = this.#state.recovering ? this.#line?.session.connection : null;
    this.#hangUpSilently({ keepMicrophone: true });
    lost?.close();
    session.on("peerconnection", ({ peerconnection }) => {
      if (this.#line?.early?.connection !== peerconnection) this.#listenTo(peerconnection);
    });
    const { body } = request as { body: string };
    const offersVideo = /^m=video [1-9]/m.test(body);
    const automatic = resumed || expected;
    this.#attach(session, { direction: "in", phase: "ringing", resumed, automatic, offersVideo });
    if (wasMuted) session.on("accepted", () => this.setMuted(true));
    const ready = automatic ? this.answer() : this.#getReady(body);
    ready.catch(() => undefined); // the state carries the problem
  }

  /** Opens the microphone and the connection while the call rings. */
  async #getReady(offer: string): Promise<void> {
    const line = this.#line;
    const stream = await this.#openMicrophone();
    if (!line || this.#line !== line || !line.session.isInProgress() || !offer) return;
    line.early = new EarlyAnswer(PEER, offer, stream);
    this.#listenTo(line.early.connection);
  }

  #attach(
    session: RTCSession,
    start: Pick<PhoneCall, "direction" | "phase" | "resumed" | "automatic" | "offersVideo">,
  ): void {
    const line: Line = { session, totals: null, early: null };
    this.#line = line;
    const identity = session.remote_identity;
    const number = identity?.uri?.user ?? "";
    this.#set({
      quality: null,
      call: {
        ...start,
        id: session.id,
        number,
        name: identity?.display_name || number,
        connectedAt: null,
        muted: false,
      },
    });
    const mine = (then: () => void) => () => {
      if (this.#line === line) then();
    };
    let gathering: ReturnType<typeof setTimeout> | undefined;
    session.on("icecandidate", ({ ready }) => {
      gathering ??= setTimeout(ready, ICE_GATHERING_MS);
    });
    session.on(
      "progress",
      mine(() => this.#state.call?.direction === "out" && this.#setCall({ phase: "early" })),
    );
    session.on(
      "accepted",
      mine(() => this.#setCall({ phase: "connected", connectedAt: Date.now() })),
    );
    const over = (event: { originator: unknown; cause: string; message?: unknown }) => {
      clearTimeout(gathering);
      if (this.#line === line) this.#over(event);
    };
    session.on("ended", over);
    session.on("failed", over);
    this.#poll = setInterval(() => void this.#measure(line), QUALITY_EVERY_MS);
  }

  #over({ originator, cause, message }: { originator: unknown; cause: string; message?: unknown }): void {
    const call = this.#state.call;
    if (!call) return;
    const byFarEnd = originator === "remote";
    const wire = message as { status_code?: number; getHeader?(name: string): string | undefined } | null;
    const answered = call.phase === "connected";
    let failure: CallFailure | null = null;
    if (wire?.getHeader) failure = failureOfReason(wire.getHeader("Reason"));
    if (!answered && originator !== "local") failure ??= failureOf(wire?.status_code ?? 0, cause);
    if (originator === "system" || cause === "RTP Timeout") failure ??= failureOf(0, cause);
    if (call.direction === "in" && cause === "Canceled") failure = null;
    this.#release();
    this.emit("ended", { call, failure, byFarEnd });
  }

  #release({ keepMicrophone = false } = {}): void {
    clearInterval(this.#poll);
    clearTimeout(this.#giveUp);
    this.#stopWatch();
    this.#line?.early?.close();
    this.#line = null;
    this.#audio.stop();
    this.#remote = null;
    this.#pictures.stop({ keepWish: keepMicrophone });
    if (!keepMicrophone) {
      closeStream(this.#stream);
      this.#stream = null;
      // A microphone that is still being opened is closed as soon as it arrives.
      this.#microphone?.then(closeStream, () => undefined);
      this.#microphone = null;
    }
    this.#set({ call: null, quality: null, recovering: false });
  }

  /**
   * The network under a call is another one: register anew, as a page that was loaded again does. The server rings this
   * device in place of the lost leg, and the call goes on (ADR 0005: there is no restart of ICE).
   */
  #recover(): void {
    const line = this.#line;
    const account = this.#account;
    if (!line || !account || this.#state.call?.phase !== "connected") return;
    this.#ua?.removeAllListeners();
    this.#socket?.disconnect();
    this.#set({ recovering: true });
    this.#connect(account);
    this.#giveUp = setTimeout(() => {
      if (this.#line === line) this.#over({ originator: "system", cause: "RTP Timeout" });
    }, RECOVER_WITHIN_MS);
  }

  /** Lets go of the current session without a word to the user. */
  #hangUpSilently(options: { keepMicrophone?: boolean } = {}): void {
    const line = this.#line;
    if (!line) {
      if (!options.keepMicrophone) this.#release();
      return;
    }
    this.#release(options);
    if (!line.session.isEnded() && options.keepMicrophone !== true) line.session.connection?.close();
  }

  #listenTo(connection: RTCPeerConnection | null): void {
    if (!connection) return;
    this.#pictures.follow(connection);
    this.#stopWatch();
    this.#stopWatch = watchMedia(connection, () => this.#recover());
    connection.addEventListener("track", ({ track }) => {
      if (track.kind !== "audio") return;
      this.#remote = new MediaStream([track]);
      this.#audio.attach(this.#remote);
    });
  }

  async #openMicrophone(): Promise<MediaStream> {
    this.#microphone ??= openMicrophone(this.#inputId);
    const opening = this.#microphone;
    try {
      const stream = await opening;
      if (this.#microphone === opening) this.#stream = stream;
      this.#set({ microphone: null });
      return stream;
    } catch (error) {
      if (this.#microphone === opening) this.#microphone = null;
      if (error instanceof MicrophoneError) this.#set({ microphone: error.problem });
      throw error;
    }
  }

  async #measure(line: Line): Promise<void> {
    const connection = line.session.connection;
    if (!connection || connection.connectionState === "closed") return;
    const reading = readQuality(await connection.getStats(), line.totals);
    if (!reading || this.#line !== line) return;
    line.totals = reading.totals;
    this.#set({ quality: reading.quality });
  }

  #setCall(change: Partial<PhoneCall>): void {
    if (this.#state.call) this.#set({ call: { ...this.#state.call, ...change } });
  }

  #set(change: Partial<PhoneState>): void {
    this.#state = { ...this.#state, ...change };
    this.emit("change", this.#state);
  }
}
