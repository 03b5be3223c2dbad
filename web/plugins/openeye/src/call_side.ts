/** `openEyeCall`: registration, calls and devices over our softphone. */

import {
  audioDevices,
  type CallEnd,
  cameras,
  MicrophoneError,
  type PhoneCall,
  type PhoneState,
  type Softphone,
} from "@opencec/softphone";
import type { VideoWindow, WindowParam } from "./video_window";
import {
  type Answer,
  answerOf,
  CALL_STATE,
  type Notice,
  noticeOf,
  type OperationName,
  REGISTER_STATE,
  type Reply,
} from "./wire";

type Listener = (notice: Notice) => void;

export interface RegisterReply extends Reply {
  onRegStatusUpdate?: Listener;
  onForceUnReg?: Listener;
}

export interface CallEvents {
  onCallIncoming?: Listener;
  onCallOutGoing?: Listener;
  onCallRingBack?: Listener;
  onCallConnected?: Listener;
  onCallEnded?: Listener;
  onCallEndedFailed?: Listener;
  onCallRtpCreated?: Listener;
  /** Our addition: twice a second at most, loss, jitter and an estimated MOS of the call. */
  onCallQuality?: Listener;
  onMissedCall?: Listener;
  /** Our addition: `isVideoCall` 1 when pictures have come into the call, 0 when they have gone. */
  onCallMediaChanged?: Listener;
}

interface Account {
  user: string;
  domain: string;
}

const FAILED = 1;
const LONGEST = 255;
const DTMF_KEYS: Record<string, string> = { "10": "*", "11": "#" };

/** A hexadecimal UUID for `+sip.instance`; `crypto.randomUUID` is younger than Chrome 80. */
function newInstance(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

const stamp = (at: Date): string => {
  const two = (part: number) => String(part).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
};

export class CallSide {
  readonly #phone: Softphone;
  readonly #wsUrl: string;
  readonly #window: VideoWindow;
  #account: Account | null = null;
  #server = "";
  #registering: RegisterReply = {};
  #events: CallEvents = {};
  #before: PhoneState;
  #ids = new Map<string, number>();
  #lastId = 0;
  #wasRegistered = false;
  #device: { input: string | null; output: string | null; camera: string | null } = {
    input: null,
    output: null,
    camera: null,
  };

  constructor(phone: Softphone, wsUrl: string, view: VideoWindow) {
    this.#phone = phone;
    this.#window = view;
    this.#wsUrl = wsUrl;
    this.#before = phone.state;
    phone.on("change", (state) => this.#changed(state));
    phone.on("ended", (end) => this.#ended(end));
  }

  /** `networkInfo.serverAddr` names the server in registration queries; media and signalling use the address of the SDK. */
  config(params: { networkInfo?: { serverAddr?: string } }, reply: Reply = {}): void {
    this.#server = params?.networkInfo?.serverAddr ?? "";
    this.#answer("config", 0, reply);
  }

  setBasicCallEvent(events: CallEvents): void {
    this.#events = { ...events };
  }

  /** Registers `<account>@<server>`; result 0 means accepted, `onRegStatusUpdate` tells how it went. */
  register(
    sipNum: string,
    sipName: string,
    sipPwd: string,
    _sipMode: number,
    reply: RegisterReply = {},
  ): void {
    const [user = "", domain = ""] = String(sipNum).split("@");
    const tooLong = [sipNum, sipName, sipPwd].some(
      (each) => typeof each !== "string" || each.length > LONGEST,
    );
    if (tooLong || !user || !domain) {
      this.#answer("register", FAILED, reply, {
        errMsg: "sip_num must be <account>@<server>, at most 255 characters",
      });
      return;
    }
    const current = this.#account;
    if (current && current.user !== user) {
      this.#answer("register", FAILED, reply, { errMsg: `Repeat login, current user:${current.user}` });
      return;
    }
    this.#account = { user, domain };
    this.#registering = reply;
    this.#wasRegistered = false;
    this.#answer("register", 0, reply);
    const param = { userId: user, register_state: REGISTER_STATE.registering };
    reply.onRegStatusUpdate?.(noticeOf("registering", param));
    this.#phone.start({ user, domain, password: sipPwd, wsUrl: this.#wsUrl, instanceId: newInstance() });
  }

  deRegister(_sipNum: string, reply: Reply = {}): void {
    if (this.#phone.state.call) {
      this.#answer("deRegister", FAILED, reply, { errMsg: "not during a call" });
      return;
    }
    this.#phone.stop({ unregister: true });
    this.#account = null;
    this.#answer("deRegister", 0, reply);
  }

  RegisterStatusQuery(reply: Reply = {}): void {
    const serverStatus = this.#phone.state.registered ? "Reg" : "Unreg";
    const serverAddr = this.#server || this.#account?.domain || "";
    const param = { account: this.#account?.user ?? "", serverList: { 0: { serverAddr, serverStatus } } };
    this.#answer("registerStatusQuery", 0, reply, { param });
  }

  /** Ordinary outbound calls belong to the connection bar; this one reaches access codes, such as the test call. */
  startCall(calleeNum: string, isVideo: boolean, reply: Reply = {}): void {
    const { registered, call } = this.#phone.state;
    const errMsg = !registered || !this.#account ? "not registered" : call ? "there is a call already" : "";
    if (errMsg || !this.#account) {
      this.#answer("startCall", FAILED, reply, { errMsg });
      return;
    }
    const target = `sip:${encodeURIComponent(calleeNum)}@${this.#account.domain}`;
    this.#phone.call(target, { video: Boolean(isVideo) }).then(
      () => {
        const id = this.#current();
        this.#answer("startCall", id ? 0 : FAILED, reply, { param: { call_id: id, callId: id } });
      },
      (error: unknown) => this.#refuse("startCall", reply, error),
    );
  }

  startAnonymousCall(calleeNum: string, isVideo: boolean, reply: Reply = {}): void {
    this.startCall(calleeNum, isVideo, reply);
  }

  /** Answers; `isVideo` opens the camera. Without it the agent of a call with pictures sees and is not seen. */
  acceptCall(callId: number, isVideo: boolean | number, reply: Reply = {}): void {
    if (!this.#withCall("acceptCall", callId, reply)) return;
    void this.#phone.setCamera(Boolean(isVideo));
    this.#phone.answer().then(
      () => this.#answer("acceptCall", 0, reply),
      (error: unknown) => this.#refuse("acceptCall", reply, error),
    );
  }

  endCall(callId: number, reply: Reply = {}): void {
    if (!this.#is(callId)) {
      this.#answer("endCall", FAILED, reply, { errMsg: `no call ${callId}` });
      this.#events.onCallEndedFailed?.(noticeOf("endFailed", { callId, call_id: callId }));
      return;
    }
    this.#answer("endCall", 0, reply);
    this.#phone.hangUp();
  }

  /** Mutes (`true` or 1) or opens the microphone. */
  operateMic(callId: number, mute: boolean | number, reply: Reply = {}): void {
    if (!this.#withCall("operateMic", callId, reply)) return;
    this.#phone.setMuted(Boolean(mute));
    this.#answer("operateMic", 0, reply);
  }

  /** Shows the user in the call with pictures, or in the next one. */
  openCamera(reply: Reply = {}): void {
    this.#camera("openCamera", true, reply);
  }

  closeCamera(reply: Reply = {}): void {
    this.#camera("closeCamera", false, reply);
  }

  /** Stops (`true` or 1) or shows the own picture; the name of the SDK before OpenEye. */
  mediaMuteVideo(callId: number, on: boolean | number, reply: Reply = {}): void {
    if (this.#withCall("mediaMuteVideo", callId, reply)) this.#camera("mediaMuteVideo", !on, reply);
  }

  /** Place and size of the video window in the page, or an element of the page that is to hold it. */
  setVideoWindowParam(param: WindowParam, reply: Reply = {}): void {
    const works = this.#window.place(param);
    this.#answer("setVideoWindowParam", works ? 0 : FAILED, reply, works ? {} : { errMsg: "no such place" });
  }

  /** @param mode 0 the own picture in a corner, 1 side by side, 2 the far end alone */
  setVideoLayoutMode(mode: number, reply: Reply = {}): void {
    const works = this.#window.layout(Number(mode));
    this.#answer("setVideoLayoutMode", works ? 0 : FAILED, reply, works ? {} : { errMsg: `no mode ${mode}` });
  }

  /** @param mode 0 the whole picture with borders, 1 cropped to the window */
  setVideoDisplayMode(mode: number, reply: Reply = {}): void {
    const works = this.#window.display(Number(mode));
    this.#answer(
      "setVideoDisplayMode",
      works ? 0 : FAILED,
      reply,
      works ? {} : { errMsg: `no mode ${mode}` },
    );
  }

  /** A key: 0-9, `*` or 10, `#` or 11. */
  DTMF(callId: number, key: string | number, reply: Reply = {}): void {
    if (!this.#withCall("dtmf", callId, reply)) return;
    const tone = DTMF_KEYS[String(key)] ?? String(key);
    const isKey = /^[0-9*#]$/.test(tone);
    if (isKey) this.#phone.sendTones(tone);
    this.#answer("dtmf", isKey ? 0 : FAILED, reply, isKey ? {} : { errMsg: `no key ${key}` });
  }

  /** @param type 1 microphones, 2 speakers, 3 cameras, 0 all */
  getMediaDevices(type: number, reply: Reply = {}): void {
    void Promise.all([audioDevices(), cameras()]).then(([{ inputs, outputs }, found]) => {
      const list = (devices: { label: string }[]) =>
        devices.map(({ label }, index) => ({ index, deviceName: label }));
      const param = {
        ...(type === 0 || type === 1 ? { microphones: list(inputs) } : {}),
        ...(type === 0 || type === 2 ? { speakers: list(outputs) } : {}),
        ...(type === 0 || type === 3 ? { cameras: list(found) } : {}),
      };
      this.#answer("getMediaDevices", 0, reply, { param });
    });
  }

  setMicIndex(index: number, reply: Reply = {}): void {
    void this.#choose("setMicIndex", "input", index, reply);
  }

  setSpeakIndex(index: number, reply: Reply = {}): void {
    void this.#choose("setSpeakIndex", "output", index, reply);
  }

  mediaGetMicIndex(reply: Reply = {}): void {
    void this.#chosen("getMicIndex", "input", reply);
  }

  mediaGetSpeakIndex(reply: Reply = {}): void {
    void this.#chosen("getSpeakIndex", "output", reply);
  }

  // --- pictures -----------------------------------------------------------------------------------------------------

  #camera(name: OperationName, on: boolean, reply: Reply): void {
    void this.#phone.setCamera(on).then(() => {
      const problem = on ? this.#phone.state.pictures.problem : null;
      this.#answer(name, problem ? FAILED : 0, reply, problem ? { errMsg: `camera ${problem}` } : {});
    });
  }

  // --- behind it ----------------------------------------------------------------------------------------------------

  async #choose(name: OperationName, which: "input" | "output", index: number, reply: Reply): Promise<void> {
    const { inputs, outputs } = await audioDevices();
    const device = (which === "input" ? inputs : outputs)[index];
    if (!device) {
      this.#answer(name, FAILED, reply, { errMsg: `no device ${index}` });
      return;
    }
    this.#device = { ...this.#device, [which]: device.id };
    try {
      await this.#phone.setDevices(this.#device);
      this.#answer(name, 0, reply);
    } catch (error) {
      this.#refuse(name, reply, error);
    }
  }

  async #chosen(name: OperationName, which: "input" | "output", reply: Reply): Promise<void> {
    const { inputs, outputs } = await audioDevices();
    const index = (which === "input" ? inputs : outputs).findIndex(({ id }) => id === this.#device[which]);
    this.#answer(name, 0, reply, { param: { index: Math.max(0, index) } });
  }

  #changed(state: PhoneState): void {
    const before = this.#before;
    this.#before = state;
    this.#registration(before, state);
    const { call, pictures } = state;
    if (before.pictures !== pictures) this.#window.show(pictures);
    if (!call) return;
    if (before.call?.id !== call.id) this.#began(call);
    else if (before.call.phase !== call.phase) this.#moved(call);
    if (before.call?.id === call.id && before.pictures.active !== pictures.active)
      this.#events.onCallMediaChanged?.(noticeOf("mediaChanged", this.#call(call)));
    if (state.quality && state.quality !== before.quality) {
      const { grade, mos, roundTripMs, jitterMs, lossPercent } = state.quality;
      const param = { ...this.#call(call), grade, mos, roundTripMs, jitterMs, lossPercent };
      this.#events.onCallQuality?.(noticeOf("quality", param));
    }
  }

  #registration(before: PhoneState, state: PhoneState): void {
    const userId = this.#account?.user;
    if (!userId) return;
    const tell = this.#registering.onRegStatusUpdate;
    const serviceAccountType = 4;
    if (state.registered && !before.registered) {
      this.#wasRegistered = true;
      const loginSuccessInfo = { confEnvType: 0 };
      const register_state = REGISTER_STATE.registered;
      tell?.(noticeOf("registered", { loginSuccessInfo, serviceAccountType, userId, register_state }));
    } else if (state.refusal !== null && state.refusal !== before.refusal) {
      const reasonDescription = state.refusal ? `SIP ${state.refusal}` : "no answer";
      const loginFailedInfo = {
        lockInterval: 0,
        reasonCode: state.refusal,
        reasonDescription,
        residualRetryTimes: 0,
      };
      const register_state = REGISTER_STATE.unregistered;
      const param = {
        loginFailedInfo,
        serviceAccountType,
        userId,
        register_state,
        reason_code: state.refusal,
      };
      if (this.#wasRegistered) this.#registering.onForceUnReg?.(noticeOf("forcedOut", param));
      else tell?.(noticeOf("refused", param));
    }
  }

  #began(call: PhoneCall): void {
    this.#lastId += 1;
    this.#ids.clear();
    this.#ids.set(call.id, this.#lastId);
    if (call.direction === "in") {
      const video = call.offersVideo ? 1 : 0;
      const param = { ...this.#call(call), maybeVideoCall: video, call_type: video };
      this.#events.onCallIncoming?.(noticeOf("incoming", param));
    } else this.#events.onCallOutGoing?.(noticeOf("outgoing", this.#call(call)));
  }

  #moved(call: PhoneCall): void {
    if (call.phase === "early") this.#events.onCallRingBack?.(noticeOf("ringBack", this.#call(call)));
    if (call.phase !== "connected") return;
    this.#events.onCallConnected?.(noticeOf("connected", this.#call(call)));
    this.#events.onCallRtpCreated?.(noticeOf("rtpCreated", this.#call(call)));
  }

  #ended({ call, failure }: CallEnd): void {
    const reasonDescription = failure ?? "";
    const param = this.#call(call, CALL_STATE.ended, reasonDescription);
    this.#events.onCallEnded?.(noticeOf("ended", param));
    if (call.direction === "in" && call.connectedAt === null) {
      const missed = {
        callId: param.callId,
        isVideo: call.offersVideo,
        caller: call.number,
        time: stamp(new Date()),
      };
      this.#events.onMissedCall?.(noticeOf("missed", missed));
    }
  }

  /** Both generations of names: `callId` and `callInfo` of the reference, `call_id` and `user_number` of the guide. */
  #call(call: PhoneCall, state?: number, reasonDescription = ""): Record<string, unknown> {
    const callId = this.#ids.get(call.id) ?? this.#lastId;
    const isCaller = call.direction === "out";
    const live =
      call.phase === "connected"
        ? CALL_STATE.connected
        : isCaller
          ? CALL_STATE.outgoing
          : CALL_STATE.incoming;
    const callInfo = {
      callId,
      callState: state ?? live,
      confId: 0,
      confPasscode: "",
      isAutoAnswer: call.automatic ? 1 : 0,
      isCaller: isCaller ? 1 : 0,
      isFocus: 0,
      isVideoCall: this.#hasVideo(call) ? 1 : 0,
      peerDisplayName: call.name,
      peerNumber: call.number,
      reasonCode: 0,
      reasonDescription,
      sipAccountID: 0,
    };
    return { callId, callInfo, call_id: callId, user_number: call.number };
  }

  /** Before it is answered a call is what was offered, then what was agreed on. */
  #hasVideo(call: PhoneCall): boolean {
    return call.connectedAt === null ? call.offersVideo : this.#before.pictures.active;
  }

  #current(): number {
    const { call } = this.#phone.state;
    return call ? (this.#ids.get(call.id) ?? 0) : 0;
  }

  #is(callId: number): boolean {
    return this.#current() !== 0 && Number(callId) === this.#current();
  }

  #withCall(name: OperationName, callId: number, reply: Reply): boolean {
    const isOurs = this.#is(callId);
    if (!isOurs) this.#answer(name, FAILED, reply, { errMsg: `no call ${callId}` });
    return isOurs;
  }

  #refuse(name: OperationName, reply: Reply, error: unknown): void {
    const problem = error instanceof MicrophoneError ? `microphone ${error.problem}` : String(error);
    this.#answer(name, FAILED, reply, { errMsg: problem });
  }

  /** Answers come after the call returned, as from the desktop program. */
  #answer(name: OperationName, result: number, { response }: Reply, more: Partial<Answer> = {}): void {
    if (response) void Promise.resolve().then(() => response(answerOf(name, result, more)));
  }
}
