/** One agent's bar: session, phone, gateway and model held together. The buttons and the page call the same methods. */

import { activeCall, heldCalls, isOutbound, otherNumber } from "@opencec/agent-calls";
import {
  type AgentObject,
  ALREADY_SIGNED_IN,
  callContent,
  type Envelope,
  EventLoop,
  GatewayClient,
  GatewayError,
  type LoopEnd,
  NOT_AUTHENTICATED,
  ServerLostError,
  SIGNED_OUT,
} from "@opencec/api-client";
import { Emitter, type PhoneState, Softphone } from "@opencec/softphone";
import type { BarEventName, BarEvents, Failure } from "../protocol";
import { failureOf, Refused } from "./failures";
import { BY_CODE, fold, upsert } from "./fold";
import { type Kept, readKept, readMode, writeKept, writeMode } from "./memory";
import { type Model, overlayOf, rowOf, signedOut } from "./model";
import { isVideo, operationName, operationOf, type Params, paramsOf } from "./operations";
import { type BarAccount, gatewayPath, renew, SessionOver, sipUrl } from "./server";
import { type Button, buttonsOf, pictureButtonsOf } from "./state_table";

export interface BarView {
  account: BarAccount | null;
  model: Model;
  phone: PhoneState;
  mode: "browser" | "own";
  /** False while the gateway does not answer. */
  reachable: boolean;
  /** The agent is signed in elsewhere: signing in again takes over. */
  takeOver: boolean;
  pending: string | null;
  failure: (Failure & { name: string }) | null;
}

/** Emitted names: the page's events and `change`. */
type Events = { change: BarView } & { [Name in BarEventName]: BarEvents[Name] };

const REGISTER_WITHIN_MS = 10_000;
const PHONE_RINGS_WITHIN_MS = 15_000;
const ANSWER_REMEMBERED_MS = 10_000;
const RETRY_MS = 1_000;
/** The portal ignores clicks for so long after one. */
const CLICK_GUARD_MS = 500;
const NO_CALL_TO_ANSWER = "200-002";
const NO_CALL_TO_RELEASE = "200-017";
const FROZEN_ALREADY = "200-020";
const SHOWN_ALREADY = "200-022";
const EXTERNAL = 5;
const TALK_MODES = new Set([3, 4]);

export class Bar extends Emitter<Events> {
  readonly phone: Softphone;
  #view: BarView;
  #gateway: GatewayClient | null = null;
  #loop: EventLoop | null = null;
  #session = "";
  #instanceId = "";
  #renewal: ReturnType<typeof setTimeout> | undefined;
  #answerWantedUntil = 0;
  #lastClick = 0;
  /** The server's clock minus ours: the most that an event has shown, since its way here only takes away from it. */
  #skew: number | null = null;

  constructor(phone: Softphone = new Softphone({ camera: true })) {
    super();
    this.phone = phone;
    this.#view = {
      account: null,
      model: signedOut(Date.now()),
      phone: phone.state,
      mode: readMode(),
      reachable: true,
      takeOver: false,
      pending: null,
      failure: null,
    };
    phone.on("change", (state) => this.#phoneChanged(state));
  }

  get view(): BarView {
    return this.#view;
  }

  now = (): number => Date.now() + (this.#skew ?? 0);

  get buttons(): ReadonlySet<Button> {
    const { model, phone, account } = this.#view;
    if (!account) return new Set();
    const row = rowOf(model, phone.call?.phase === "ringing" && !phone.call.automatic);
    return new Set([...buttonsOf(row, overlayOf(model)), ...pictureButtonsOf(row, this.#pictures)]);
  }

  /** What the active call has of pictures: in the browser the phone knows, with a phone of one's own the gateway. */
  get #pictures(): { video: boolean; frozen: boolean } {
    const { model, phone, mode } = this.#view;
    const call = activeCall(model);
    if (mode === "own") return { video: call?.video ?? false, frozen: call?.frozen ?? false };
    return { video: phone.pictures.active, frozen: !phone.pictures.wanted };
  }

  /** Begins with a session of the page; goes on with a sign-in that this tab had before a reload. */
  async open(session: string): Promise<BarAccount> {
    const account = await this.#renew(session);
    this.emit("ready", { workNo: account.workno, name: account.name });
    const kept = readKept();
    if (kept && kept.workno === account.workno) this.#carryOn(account, kept);
    return account;
  }

  /** The page goes away, perhaps for a reload: stop without a word, so that the next one can take over. */
  suspend(): void {
    this.#loop?.stop();
    this.#gateway = null;
    this.phone.stop({ unregister: false });
    clearTimeout(this.#renewal);
  }

  setMode(mode: "browser" | "own"): void {
    writeMode(mode);
    this.#set({ mode });
  }

  dismiss(): void {
    this.#set({ failure: null, model: { ...this.#view.model, notice: null } });
  }

  /** What a button does: like `call`, but errors are shown in the bar, and clicks in quick succession are dropped. */
  async click(name: string, param: unknown = {}): Promise<boolean> {
    if (Date.now() - this.#lastClick < CLICK_GUARD_MS || this.#view.pending) return false;
    this.#lastClick = Date.now();
    this.#set({ pending: name, failure: null, model: { ...this.#view.model, notice: null } });
    try {
      await this.call(name, param);
      return true;
    } catch (error) {
      const failure = { ...failureOf(error), name };
      this.#set({ failure });
      this.emit("failed", failure);
      return false;
    } finally {
      this.#set({ pending: null });
    }
  }

  /** Any operation by its name in the interface. @throws Refused, GatewayError, ServerLostError, MicrophoneError */
  async call(name: string, param: unknown = {}): Promise<unknown> {
    const known = operationName(name);
    const params = paramsOf(known, param);
    if (known === "login") return this.#signIn({ takeOver: false });
    if (known === "forcelogin") return this.#signIn({ takeOver: true });
    const gateway = this.#gateway;
    if (!operationOf(known) && known !== "logout")
      throw new Refused("unknown", `there is no operation ${name}`);
    if (!gateway) throw new Refused("signed_out", "the agent is not signed in");
    try {
      return await this.#act(known, params, gateway);
    } catch (error) {
      if (error instanceof GatewayError && (error.code === SIGNED_OUT || error.code === NOT_AUTHENTICATED))
        this.#finish("signedOutElsewhere");
      throw error;
    }
  }

  async #act(name: string, params: Params, gateway: GatewayClient): Promise<unknown> {
    switch (name) {
      case "logout":
        await gateway.signOut();
        this.#finish(null, { unregister: true });
        return {};
      case "answer":
        return this.#answer(params);
      case "release":
        return this.#release();
      case "beginmute":
      case "endmute":
        return this.#setMuted(name === "beginmute");
      case "beginmutevideo":
      case "endmutevideo":
        return this.#setFrozen(name === "beginmutevideo");
      case "callout":
      case "callinner":
        return this.#dial(name, params);
      case "innerhelp":
        return this.#consult(params);
      default:
        return this.#plain(name, params);
    }
  }

  /** An operation without business at the phone; what was only asked for is remembered. */
  async #plain(name: string, params: Params): Promise<unknown> {
    const result = await this.#send(name, params);
    const { state } = this.#view.model;
    const later = state === "inCall" || state === "wrapUp";
    if (name === "saybusy" && later) this.#change({ requested: "busy" });
    if (name === "rest") this.#asked(params, later);
    if (["sayfree", "cancelbusy", "cancelrest"].includes(name)) this.#change({ requested: null });
    if (name === "transfer" && Number(params.devicetype) === EXTERNAL && TALK_MODES.has(Number(params.mode)))
      this.#change({ transfer: this.#view.model.transfer ?? "running" });
    if (name === "canceltransfer") this.#change({ transfer: null });
    return result;
  }

  #asked(params: Params, later: boolean): void {
    const rest = { until: this.now() + Number(params.time) * 1000, overdue: false };
    this.#change({ rest, requested: later ? "rest" : null });
  }

  async #send(name: string, params: Params): Promise<unknown> {
    const operation = operationOf(name);
    if (!operation || !this.#gateway) throw new Refused("signed_out", "the agent is not signed in");
    const { method, group, rest, body } = operation.request(params);
    return this.#gateway.call(method, group, rest, body);
  }

  /** One click answers both: the phone's INVITE and the gateway's call; the microphone comes first. */
  async #answer(params: Params): Promise<unknown> {
    this.#answerWantedUntil = Date.now() + ANSWER_REMEMBERED_MS;
    const call = activeCall(this.#view.model);
    const callid = params.callid ?? (call?.phase === "ringing" ? call.callid : undefined);
    const wanted = callid ? { callid } : {};
    if (this.#view.mode === "own") return this.#unless(NO_CALL_TO_ANSWER, this.#send("answer", wanted));
    await this.phone.prepare();
    await Promise.all([this.phone.answer(), this.#unless(NO_CALL_TO_ANSWER, this.#send("answer", wanted))]);
    return {};
  }

  /** Refuses while it rings, else hangs up; while a transfer outside is not decided it means: take back. */
  async #release(): Promise<unknown> {
    const { model, phone } = this.#view;
    if (model.transfer === "running") return this.#plain("canceltransfer", {});
    const call = activeCall(model);
    const phoneRings = phone.call?.phase === "ringing" && !phone.call.automatic;
    if (call?.phase === "ringing" || phoneRings) {
      try {
        await this.#send("reject", call?.phase === "ringing" ? { callid: call.callid } : {});
      } catch (error) {
        // While only the phone rings the gateway may not know the call yet: refusing it there means the same.
        if (!(error instanceof GatewayError) || !phoneRings) throw error;
      }
      if (phoneRings) this.phone.hangUp();
      return {};
    }
    return this.#unless(NO_CALL_TO_RELEASE, this.#send("release", {}));
  }

  /** There is no event for mute: the answer of the gateway decides. */
  async #setMuted(muted: boolean): Promise<unknown> {
    const callid = activeCall(this.#view.model)?.callid;
    if (muted) this.phone.setMuted(true);
    try {
      await this.#send(muted ? "beginmute" : "endmute", {});
    } catch (error) {
      if (muted) this.phone.setMuted(false);
      throw error;
    }
    if (!muted) this.phone.setMuted(false);
    if (callid) this.#replace(upsert(this.#view.model, callid, { muted }));
    return {};
  }

  /** The camera goes with it. What the gateway takes as done already is. */
  async #setFrozen(frozen: boolean): Promise<unknown> {
    const callid = activeCall(this.#view.model)?.callid;
    if (this.#view.mode === "browser") await this.phone.setCamera(!frozen);
    const name = frozen ? "beginmutevideo" : "endmutevideo";
    await this.#unless(frozen ? FROZEN_ALREADY : SHOWN_ALREADY, this.#send(name, {}));
    if (callid) this.#replace(upsert(this.#view.model, callid, { frozen }));
    return {};
  }

  async #dial(name: "callout" | "callinner", params: Params): Promise<unknown> {
    await this.#readyToDial({ video: isVideo(params) });
    const callid = String(await this.#send(name, params));
    const known = this.#view.model.calls.find((call) => call.callid === callid);
    const called = String(params.called ?? params.number ?? "");
    const feature = known?.feature ?? (name === "callinner" ? 6 : 7);
    const phase = known && known.phase !== "announced" ? known.phase : ("offHook" as const);
    this.#replace(
      upsert(this.#view.model, callid, { called: known?.called || called, feature, own: true, phase }),
    );
    return callid;
  }

  async #consult(params: Params): Promise<unknown> {
    await this.#readyToDial();
    const callid = String(await this.#send("innerhelp", params));
    const called = String(params.dstaddress ?? "");
    const known = this.#view.model.calls.find((call) => call.callid === callid);
    const three = Number(params.mode) === 2;
    const fresh = { phase: "outgoing" as const, feature: three ? 52 : 51, called };
    this.#replace(upsert(this.#view.model, callid, { ...(known ? {} : fresh), own: true }));
    return callid;
  }

  /** The devices before the call, so that their prompts do not come while somebody waits. */
  async #readyToDial({ video = false } = {}): Promise<void> {
    if (this.#view.mode === "own") return;
    await this.phone.prepare({ video });
    // With a call held the phone is up already and will not ring: the next one that does is somebody else's.
    if (!this.phone.state.call) this.phone.expectCall(PHONE_RINGS_WITHIN_MS);
  }

  /** Takes the customer back: drops the partner of a consultation, or of a transfer outside. */
  takeBack(): Promise<boolean> {
    const { model } = this.#view;
    const call = activeCall(model);
    if (model.transfer) return this.click("cancelTransfer");
    if (call?.feature === 53) return this.click("disconnect", { number: call.partners.split(",")[1] ?? "" });
    return this.click("dropCall", { callid: call?.callid ?? "" });
  }

  /** Colleagues who could take a call: idle or in wrap-up, without oneself. */
  async colleagues(): Promise<AgentObject[]> {
    const all = (await this.#gateway?.agentsOnline()) ?? [];
    return all.filter(
      ({ workno, status }) => workno !== this.#gateway?.workno && (status === 4 || status === 5),
    );
  }

  async devices(group: string): Promise<Record<string, unknown>[]> {
    return (
      ((await this.#gateway?.call("GET", "queuedevice", group)) as Record<string, unknown>[] | null) ?? []
    );
  }

  // --- session --------------------------------------------------------------------------------------------------

  async #renew(session: string): Promise<BarAccount> {
    const account = await renew(session);
    this.#session = account.session;
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(() => void this.#renewAgain(), account.renew_after_ms);
    this.#set({ account });
    return account;
  }

  async #renewAgain(): Promise<void> {
    try {
      await this.#renew(this.#session);
    } catch (error) {
      // A sign-in that works goes on without it; only the next sign-in needs a session.
      if (error instanceof SessionOver) this.#change({ notice: "sessionOver" });
      else this.#renewal = setTimeout(() => void this.#renewAgain(), RETRY_MS * 10);
    }
  }

  async #signIn({ takeOver }: { takeOver: boolean }): Promise<unknown> {
    if (this.#gateway) throw new Refused("100-002", "signed in already");
    const account = await this.#renew(this.#session);
    const { sip } = account;
    const { mode } = this.#view;
    if (!sip) throw new Refused("phone", "no phone is configured for this agent");
    this.#instanceId = crypto.randomUUID();
    if (mode === "browser") await this.#register(account);
    const gateway = this.#connect(account, null);
    try {
      // An agent without a camera takes calls of video all the same: sees the customer and is heard.
      const options = {
        autoanswer: false,
        autoenteridle: false,
        releasephone: true,
        status: 4 as const,
        agenttype: 11 as const,
      };
      const credentials = { password: account.ticket, phonenum: sip.user };
      await gateway.signIn({ ...options, ...credentials }, { takeOver: takeOver || this.#view.takeOver });
    } catch (error) {
      this.phone.stop({ unregister: true });
      this.#set({ takeOver: error instanceof GatewayError && error.code === ALREADY_SIGNED_IN });
      throw error;
    }
    this.#gateway = gateway;
    this.#set({ takeOver: false, reachable: true });
    this.#replace({ ...signedOut(this.now()), state: "idle" });
    this.#listen([]);
    await gateway.enterAllQueues();
    return { workno: account.workno };
  }

  #connect(account: BarAccount, guid: string | null): GatewayClient {
    return new GatewayClient({
      workno: account.workno,
      guid,
      base: gatewayPath(),
      onGuid: () => this.#keep(),
    });
  }

  async #register({ sip }: BarAccount): Promise<void> {
    if (!sip) return;
    this.phone.start({ ...sip, wsUrl: sipUrl(), instanceId: this.#instanceId });
    await new Promise<void>((resolve, reject) => {
      const settle = (then: () => void) => {
        clearTimeout(timer);
        off();
        then();
      };
      const fail = () => {
        this.phone.stop({ unregister: false });
        reject(new Refused("phone", "the phone could not be registered"));
      };
      const look = ({ registered, refusal }: PhoneState) => {
        if (registered) settle(resolve);
        else if (refusal) settle(fail);
      };
      const off = this.phone.on("change", look);
      const timer = setTimeout(() => settle(fail), REGISTER_WITHIN_MS);
      look(this.phone.state);
    });
  }

  #carryOn(account: BarAccount, kept: Kept): void {
    this.#instanceId = kept.instanceId;
    this.#gateway = this.#connect(account, kept.guid);
    this.#set({ mode: kept.mode, model: kept.model });
    if (kept.mode === "browser" && account.sip) {
      this.phone.start({ ...account.sip, wsUrl: sipUrl(), instanceId: kept.instanceId });
      if (kept.model.calls.some((call) => call.frozen)) void this.phone.setCamera(false);
    }
    void this.#synchronise().then(() => this.#gateway && this.#listen(kept.seen));
  }

  /** Brings the model in line with what the server says now. */
  async #synchronise(): Promise<void> {
    const gateway = this.#gateway;
    if (!gateway) return;
    try {
      const [{ agentState }, ids, held] = await Promise.all([
        gateway.status(),
        gateway.callIds(),
        gateway.heldCalls(),
      ]);
      if (gateway !== this.#gateway) return;
      const isHeld = new Set(held.map(({ callid }) => callid));
      const { model } = this.#view;
      const calls = model.calls
        .filter(({ callid }) => ids.includes(callid))
        .map((call) => (isHeld.has(call.callid) ? { ...call, phase: "held" as const } : call));
      let next: Model = { ...model, calls, state: BY_CODE[agentState] ?? model.state };
      for (const callid of ids) {
        if (!calls.some((call) => call.callid === callid))
          next = upsert(next, callid, {
            phase: isHeld.has(callid) ? "held" : "talking",
            talkingAt: this.now(),
          });
      }
      this.#replace(next);
      await this.#describe(null);
    } catch (error) {
      if (!(error instanceof ServerLostError)) this.#finish("signedOutElsewhere");
      else {
        this.#set({ reachable: false });
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        await this.#synchronise();
      }
    }
  }

  #listen(seen: readonly string[]): void {
    const gateway = this.#gateway;
    if (!gateway) return;
    this.#loop = new EventLoop({
      poll: (signal) => gateway.poll(signal),
      onEvent: (event) => this.#event(event),
      onReachable: (reachable) => {
        this.#set({ reachable });
        if (reachable) void this.#synchronise();
      },
      onEnd: (end: LoopEnd) => this.#finish(end === "expired" ? "sessionOver" : "signedOutElsewhere"),
      seen,
    });
    this.#set({ reachable: true });
    this.#keep();
    void this.#loop.run();
  }

  #event(event: Envelope): void {
    if (event.eventGenTime !== undefined)
      this.#skew = Math.max(this.#skew ?? -Infinity, event.eventGenTime - Date.now());
    const before = this.#view.model;
    if (event.eventType === "AgentOther_ShutdownService") this.#finish("signedOutElsewhere");
    else this.#replace(fold(before, event, this.now()));
    this.emit("agentevent", { eventType: event.eventType, workNo: event.workNo, content: event.content });
    for (const { callid } of before.calls) {
      if (!this.#view.model.calls.some((call) => call.callid === callid)) this.emit("released", { callid });
    }
    if (event.eventType === "AgentEvent_Ringing" || event.eventType === "AgentEvent_Auto_Answer") {
      const { callid } = callContent(event);
      void this.#describe(callid);
      if (Date.now() < this.#answerWantedUntil) void this.#send("answer", { callid }).catch(() => undefined);
    }
    if (event.eventType === "AgentEvent_Talking") {
      this.#answerWantedUntil = 0;
      void this.#describe(null);
    }
  }

  /** Adds what the gateway knows of a call beyond its events; `pop`: the call that the page is to show now. */
  async #describe(pop: string | null): Promise<void> {
    const info = await this.#gateway?.callInfo().catch(() => null);
    const known = this.#view.model.calls.find(({ callid }) => callid === info?.callid);
    if (info && known) {
      const { caller, called, callfeature: feature, callskill, callskillid } = info;
      const queue = { queue: callskill || known.queue, queueId: String(callskillid || known.queueId) };
      this.#replace(upsert(this.#view.model, info.callid, { caller, called, feature, ...queue }));
    }
    const call = pop ? this.#view.model.calls.find(({ callid }) => callid === pop) : null;
    const { account } = this.#view;
    if (!call || !account) return;
    this.emit("ringing", {
      callerNum: call.caller,
      calledNum: call.called,
      callid: call.callid,
      mediaType: "1",
      callType: isOutbound(call) ? "1" : "0",
      workNo: account.workno,
      callskill: call.queue,
      callskillid: call.queueId,
      agentName: account.name,
    });
  }

  #phoneChanged(phone: PhoneState): void {
    const before = this.#view.phone;
    this.#set({ phone });
    if (before.registered !== phone.registered)
      this.emit("phone", { registered: phone.registered, mode: this.#view.mode });
    const muted = this.#view.model.calls.some((call) => call.muted);
    if (phone.call?.phase === "connected" && phone.call.resumed && muted && !phone.call.muted)
      this.phone.setMuted(true);
  }

  #finish(notice: Model["notice"], { unregister = false } = {}): void {
    this.#loop?.stop();
    this.#loop = null;
    this.#gateway = null;
    this.phone.stop({ unregister });
    writeKept(null);
    this.#replace({ ...signedOut(this.now()), notice });
  }

  async #unless(code: string, operation: Promise<unknown>): Promise<unknown> {
    try {
      return await operation;
    } catch (error) {
      if (error instanceof GatewayError && error.code === code) return {};
      throw error;
    }
  }

  // --- what is shown --------------------------------------------------------------------------------------------

  #change(change: Partial<Model>): void {
    this.#replace({ ...this.#view.model, ...change });
  }

  #replace(model: Model): void {
    const before = this.#view.model;
    if (model === before) return;
    this.#set({ model });
    this.#keep();
    const { account } = this.#view;
    const workNo = account?.workno ?? "";
    this.emit("state", { state: model.state, workNo, since: model.since, buttons: [...this.buttons] });
    for (const call of model.calls) {
      const known = before.calls.find(({ callid }) => callid === call.callid);
      if (known?.phase === call.phase && known.feature === call.feature) continue;
      const { callid, phase, feature, queue } = call;
      this.emit("call", { callid, phase, feature, queue, number: otherNumber(call, workNo) });
    }
  }

  #keep(): void {
    const { account, model, mode } = this.#view;
    const guid = this.#gateway?.guid;
    if (!guid || !account || model.state === "signedOut") return;
    const seen = this.#loop?.seen ?? [];
    writeKept({ workno: account.workno, guid, instanceId: this.#instanceId, mode, model, seen });
  }

  #set(change: Partial<BarView>): void {
    this.#view = { ...this.#view, ...change };
    this.emit("change", this.#view);
  }

  /** The call that "retrieve" and the three-party buttons mean when the agent names none. */
  get firstHeld(): string {
    return heldCalls(this.#view.model)[0]?.callid ?? "";
  }
}
