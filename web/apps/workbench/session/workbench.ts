/** One agent's session in this tab: phone, gateway and model held together, without any framework. */

import { isInternal, isOutbound } from "@opencec/agent-calls";
import {
  type AgentAccount,
  agentAccount,
  type Board,
  type CallInfo,
  callContent,
  DeskClient,
  type Envelope,
  EventLoop,
  GatewayClient,
  GatewayError,
  type Ivr,
  type LoopEnd,
  NOT_AUTHENTICATED,
  ServerLostError,
  SIGNED_OUT,
} from "@opencec/api-client";
import { claimTab, MicrophoneError, type PhoneState, Softphone, type TabLock } from "@opencec/softphone";
import { ServerClock } from "./clock";
import * as inspector from "./inspector";
import { type Inspecting, initialModel, type Model, type Note, withNote } from "./model";
import * as operations from "./operations";
import { amend, describe, reduce, restore, retain } from "./reduce";
import { failure, phoneAccount, registered, signInOptions, signInProblem } from "./sign_in";
import { type Kept, readEnded, readKept, writeEnded, writeKept } from "./storage";
import { TabLink } from "./tab_link";
import type { Doing, Ended, View } from "./view";

const REGISTER_WITHIN_MS = 10_000;
/** A page that is just being reloaded may hold the lock a moment longer. */
const RELOAD_OVERLAP_MS = 2_500;
const RETRY_MS = 500;
const ANSWER_REMEMBERED_MS = 10_000;
/** At these events the gateway knows more of the call than the event says: queue, waiting time, data. */
const WORTH_ASKING = new Set([
  "AgentOther_PhoneAlerting",
  "AgentEvent_Ringing",
  "AgentEvent_Talking",
  "AgentEvent_Conference",
]);
/** After these a call may be gone without an event of its own. */
const MAY_END_CALLS = new Set(["AgentEvent_Conference", "AgentEvent_Customer_Release", "AgentEvent_Talking"]);
/** Of text contacts, in Ringing and Talking (cc-gateway 6.3). */
const TEXT_ABILITY = "5";
const WRAP_UP_EVENTS = new Set(["AgentState_Work", "AgentState_SetWork_Success"]);

/** What the workbench needs of a softphone. */
export type Phone = Pick<
  Softphone,
  | "state"
  | "on"
  | "start"
  | "stop"
  | "prepare"
  | "answer"
  | "hangUp"
  | "setMuted"
  | "setCamera"
  | "expectCall"
  | "setDevices"
  | "unblockAudio"
  | "call"
  | "stream"
  | "remote"
>;

export interface Credentials {
  workno: string;
  password: string;
  takeOver: boolean;
}

export class Workbench {
  readonly phone: Phone;
  readonly clock = new ServerClock();
  #view: View;
  #gateway: GatewayClient | null = null;
  #desk: DeskClient | null = null;
  #loop: EventLoop | null = null;
  #lock: TabLock | null = null;
  #link: TabLink | null = null;
  #instanceId = "";
  #answerWantedUntil = 0;
  #started = false;
  /** Chats that the gateway told of, by their ids. */
  readonly #texts = new Set<string>();
  readonly #listeners = new Set<() => void>();

  constructor(phone: Phone = new Softphone({ camera: true })) {
    this.phone = phone;
    const kept = readKept();
    this.#view = {
      stage: kept ? "restoring" : "signin",
      ended: kept ? null : readEnded(),
      problem: null,
      account: null,
      model: initialModel(Date.now()),
      phone: this.phone.state,
      reachable: true,
      follows: false,
      pending: new Set(),
      failed: null,
    };
    this.phone.on("change", (phone) => this.#phoneChanged(phone));
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly view = (): View => this.#view;

  /** Continues the session that this tab had before a reload. */
  async resume(): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    const kept = readKept();
    if (!kept) return;
    this.#set({ account: kept.account, model: kept.model });
    if (await this.#claim(kept.account.workno, { waitMs: RELOAD_OVERLAP_MS, steal: false }))
      await this.#carryOn(kept);
    else this.#follow(kept.account);
  }

  /** The page goes away, perhaps for a reload: stop without a word, so that the next page can take over. */
  readonly suspend = (): void => {
    this.#loop?.stop();
    this.#gateway = null;
    this.phone.stop({ unregister: false });
    this.#link?.close();
    this.#lock?.release();
  };

  async signIn({ workno, password, takeOver }: Credentials): Promise<void> {
    writeEnded(null);
    this.#set({ stage: "signing_in", problem: null, ended: null });
    try {
      const account = await agentAccount(workno, password);
      if (!(await this.#claim(account.workno, { waitMs: RETRY_MS, steal: takeOver })))
        throw failure("other_tab");
      this.#instanceId = crypto.randomUUID();
      this.phone.start(phoneAccount(account, this.#instanceId));
      await registered(this.phone, REGISTER_WITHIN_MS);
      this.#open(account, null);
      await this.#gateway?.signIn(signInOptions(account, password), { takeOver });
      this.#set({
        stage: "working",
        account,
        model: initialModel(this.clock.now()),
        reachable: true,
        failed: null,
      });
      this.#listen([]);
      this.#keep();
      await this.#gateway?.enterAllQueues();
    } catch (error) {
      this.#close();
      this.#set({ stage: "signin", problem: signInProblem(error) });
    }
  }

  async signOut(): Promise<void> {
    await this.#act("signOut", async ({ gateway }) => {
      await gateway.signOut();
      this.#finish(null, { unregister: true });
    });
  }

  /** Takes the phone from the tab that holds it. */
  async takePhone(): Promise<void> {
    const kept = this.#link?.kept ?? readKept();
    if (!kept || !(await this.#claim(kept.account.workno, { waitMs: RETRY_MS, steal: true }))) return;
    this.#set({ follows: false, stage: "restoring" });
    await this.#carryOn(kept);
  }

  readonly ready = () => this.#act("ready", operations.ready);
  readonly busy = (reason: number) => this.#act("busy", (context) => operations.busy(context, reason));
  readonly rest = (wish: { seconds: number; reason: number }) =>
    this.#act("rest", (context) => operations.rest(context, wish));
  readonly endRest = () => this.#act("endRest", operations.endRest);
  readonly work = () => this.#act("work", ({ gateway }) => gateway.enterWrapUp());
  readonly endWork = () => this.#act("endWork", ({ gateway }) => gateway.leaveWrapUp());
  readonly reject = () => this.#act("reject", operations.reject);
  readonly hangUp = () => this.#act("hangUp", operations.hangUp);
  readonly hold = () => this.#act("hold", ({ gateway }) => gateway.hold());
  readonly retrieve = (callid?: string) =>
    this.#act("retrieve", (context) => operations.retrieve(context, callid));
  readonly mute = () => this.#act("mute", (context) => operations.setMuted(context, true));
  readonly unmute = () => this.#act("unmute", (context) => operations.setMuted(context, false));
  readonly switchMedia = (video: boolean) =>
    this.#act("switchMedia", ({ gateway }) => gateway.switchMedia(video));
  readonly dial = (digits: string) => this.#act("dial", ({ gateway }) => gateway.secondDial(digits));
  readonly consult = (target: operations.ConsultTarget) =>
    this.#act("consult", (context) => operations.consult(context, target));
  readonly threeWay = (callid?: string) =>
    this.#act("threeWay", async (context) => {
      await operations.threeWay(context, callid);
      await this.#reconcile();
    });
  readonly connectHold = (callid?: string) =>
    this.#act("connectHold", (context) => operations.connectHold(context, callid));
  readonly takeBack = () => this.#act("takeBack", operations.takeBack);
  readonly inspect = (wish: Inspecting) =>
    this.#act("inspect", (context) => inspector.inspect(context, wish));
  readonly endInspection = () => this.#act("inspect", inspector.endInspection);
  readonly intercept = () => this.#act("inspect", inspector.intercept);
  readonly force = (wish: { workno: string; what: "busy" | "idle" | "logout" }) =>
    this.#act("force", (context) => inspector.force(context, wish));
  readonly dropCall = (callid: string) =>
    this.#act("force", (context) => inspector.dropCall(context, callid));
  readonly transfer = (target: Parameters<typeof operations.transfer>[1]) =>
    this.#act("transfer", (context) => operations.transfer(context, target));
  readonly call = (target: Parameters<typeof operations.call>[1]) =>
    this.#act(target.internal ? "callInner" : "callOut", (context) => operations.call(context, target));
  /** Null while no session is open in this tab. */
  get desk(): DeskClient | null {
    return this.#desk;
  }

  /** Who does what, as it happens, until the returned function is called. */
  readonly watchBoard = (onBoard: (board: Board) => void): (() => void) =>
    this.#desk?.watch(onBoard) ?? (() => undefined);

  readonly ivrs = async (): Promise<Ivr[]> => (await this.#gateway?.ivrs()) ?? [];

  /** Shows at once what was written about a contact, and keeps it at the server; false when that failed. */
  readonly write = async (callid: string, note: Note): Promise<boolean> => {
    this.#change(withNote(this.#view.model, callid, note));
    try {
      await this.#desk?.write(callid, note);
      return this.#desk !== null;
    } catch {
      return false;
    }
  };

  readonly answer = () =>
    this.#act("answer", (context) => {
      this.#answerWantedUntil = Date.now() + ANSWER_REMEMBERED_MS;
      return operations.answer(context);
    });

  readonly dismiss = (): void => this.#set({ failed: null, model: { ...this.#view.model, notice: null } });

  /** Tries the microphone again, for the banner that says it is missing. */
  readonly retryMicrophone = (): void => {
    void this.phone.prepare().catch(() => undefined);
  };

  /** Runs one button's work; a second click while it runs does nothing. True when it worked. */
  async #act(action: Doing, work: (context: operations.Context) => Promise<void>): Promise<boolean> {
    const gateway = this.#gateway;
    if (!gateway || this.#view.pending.has(action)) return false;
    this.#set({ pending: new Set([...this.#view.pending, action]), failed: null });
    try {
      await work({
        gateway,
        phone: this.phone,
        model: () => this.#view.model,
        change: (next) => this.#change(next(this.#view.model)),
        now: this.clock.now,
      });
      return true;
    } catch (error) {
      this.#failed(action, error);
      return false;
    } finally {
      this.#set({ pending: new Set([...this.#view.pending].filter((each) => each !== action)) });
    }
  }

  #failed(action: Doing, error: unknown): void {
    if (error instanceof GatewayError) {
      if (error.code === SIGNED_OUT) this.#finish("elsewhere");
      else if (error.code === NOT_AUTHENTICATED) this.#finish("expired");
      else this.#set({ failed: { action, code: error.code, message: error.message } });
    } else if (error instanceof ServerLostError) {
      this.#set({ failed: { action, code: "lost", message: "" } });
    } else if (!(error instanceof MicrophoneError)) throw error; // the phone's state tells of the microphone
  }

  #open(account: AgentAccount, guid: string | null): void {
    this.#gateway = new GatewayClient({ workno: account.workno, guid, onGuid: () => this.#keep() });
    const gateway = this.#gateway;
    // A tab that followed another one listens no longer: it would take its own last word for the other's.
    this.#link?.close();
    this.#desk = new DeskClient({ workno: account.workno, guid: () => gateway.guid ?? "" });
    this.#link = new TabLink(account.workno, () => undefined);
  }

  #listen(seen: readonly string[]): void {
    const gateway = this.#gateway;
    if (!gateway) return;
    const loop = new EventLoop({
      poll: (signal) => gateway.poll(signal),
      onEvent: (event) => this.#event(event),
      onReachable: (reachable) => this.#set({ reachable }),
      onEnd: (end: LoopEnd) => this.#finish(end === "expired" ? "expired" : "elsewhere"),
      seen,
    });
    this.#loop = loop;
    void loop.run();
  }

  /** After a reload: the phone first, since audio is what people miss; then the gateway's view of things. */
  async #carryOn(kept: Kept): Promise<void> {
    this.#instanceId = kept.instanceId;
    this.phone.start(phoneAccount(kept.account, kept.instanceId));
    this.#open(kept.account, kept.guid);
    this.#set({ account: kept.account, model: kept.model });
    await this.#synchronise(kept);
  }

  async #synchronise(kept: Kept): Promise<void> {
    const gateway = this.#gateway;
    if (!gateway) return;
    try {
      const [{ agentState }, callids] = await Promise.all([gateway.status(), gateway.callIds()]);
      const strange = callids.some((id) => !kept.model.calls.some(({ callid }) => callid === id));
      const [offered, held] = strange
        ? await Promise.all([gateway.offeredCall().catch(() => null), gateway.heldCalls().catch(() => [])])
        : [null, []];
      const ids = (calls: CallInfo[]) => calls.map(({ callid }) => callid);
      const snapshot = { agentState, callids, offered: offered ? ids([offered]) : [], held: ids(held) };
      const model = restore(kept.model, snapshot, this.clock.now());
      this.#set({ stage: "working", reachable: true, model });
      this.#listen(kept.seen);
      if (model.state === "wrapup") void this.#learnWrapUp();
      if (callids.length) await this.#describeCall();
    } catch (error) {
      if (error instanceof ServerLostError) {
        this.#set({ reachable: false });
        setTimeout(() => gateway === this.#gateway && void this.#synchronise(kept), RETRY_MS);
      } else this.#finish("expired");
    }
  }

  async #describeCall(): Promise<void> {
    const asked = this.#view.phone.call?.id;
    const info = await this.#gateway?.callInfo().catch(() => null);
    if (!info?.callid) return;
    const { model, phone } = this.#view;
    // An answer may come late: a call that no event has named may only be added while the phone still rings, and not
    // for another call than the one that was asked about. It may have been here before, and come back by a transfer.
    const rings = phone.call?.phase === "ringing" && (asked === undefined || asked === phone.call.id);
    this.#change(describe(model, info, { now: this.clock.now(), rings }));
    const known = this.#view.model.calls.find(({ callid }) => callid === info.callid);
    if (!known || known.path.length || isOutbound(known) || isInternal(known)) return;
    const path = await this.#desk?.path(info.callid).catch(() => []);
    if (path?.length) this.#change(amend(this.#view.model, info.callid, { path }));
  }

  /** When wrap-up ends: no event says so. */
  async #learnWrapUp(): Promise<void> {
    const moment = await this.#desk?.moment().catch(() => null);
    const { model } = this.#view;
    if (moment?.state === "wrap_up" && model.state === "wrapup")
      this.#change({ ...model, wrapUpUntil: moment.until });
  }

  /** Forgets calls that the server does not have any more. */
  async #reconcile(): Promise<void> {
    const callids = await this.#gateway?.callIds().catch(() => null);
    if (callids) this.#change(retain(this.#view.model, callids));
  }

  #event(event: Envelope): void {
    if (event.eventGenTime !== undefined) this.clock.observe(event.eventGenTime);
    if (event.eventType === "AgentOther_ShutdownService") {
      this.#finish("elsewhere");
      return;
    }
    if (this.#isText(event)) return;
    this.#change(reduce(this.#view.model, event, this.clock.now()));
    if (WORTH_ASKING.has(event.eventType)) void this.#describeCall();
    if (MAY_END_CALLS.has(event.eventType) && this.#view.model.calls.length > 1) void this.#reconcile();
    if (WRAP_UP_EVENTS.has(event.eventType)) void this.#learnWrapUp();
    if (event.eventType === "AgentEvent_Ringing") {
      if (Date.now() < this.#answerWantedUntil) {
        void this.#gateway?.answer(callContent(event).callid).catch(() => undefined);
      }
    }
    if (event.eventType === "AgentEvent_Talking") this.#answerWantedUntil = 0;
  }

  /** Chats are told by the desk's own stream; what the gateway says of them is not about the phone. */
  #isText(event: Envelope): boolean {
    const { callid } = callContent(event);
    const { mediaAbility } = Object(event.content) as { mediaAbility?: unknown };
    if (String(mediaAbility) === TEXT_ABILITY) this.#texts.add(callid);
    return this.#texts.has(callid);
  }

  #phoneChanged(phone: PhoneState): void {
    this.#set({ phone });
    const muted = this.#view.model.calls.some((call) => call.muted);
    // A reload in a muted call comes back muted.
    if (phone.call?.phase === "connected" && phone.call.resumed && muted && !phone.call.muted)
      this.phone.setMuted(true);
  }

  async #claim(workno: string, { waitMs, steal }: { waitMs: number; steal: boolean }): Promise<boolean> {
    if (this.#lock) return true;
    const onStolen = () => {
      this.#lock = null;
      const { account } = this.#view;
      this.#loop?.stop();
      this.phone.stop({ unregister: false });
      if (account) this.#follow(account);
    };
    this.#lock = await claimTab(`opencec-phone-${workno}`, { waitMs, steal, onStolen });
    return this.#lock !== null;
  }

  #follow(account: AgentAccount): void {
    this.#gateway = null;
    this.#link?.close();
    this.#link = new TabLink(account.workno, (kept) =>
      kept ? this.#set({ model: kept.model }) : this.#finish(null),
    );
    this.#link.ask();
    this.#set({ stage: "working", follows: true, account });
  }

  #finish(ended: Ended, { unregister = false } = {}): void {
    this.#link?.tell(null);
    this.#close({ unregister });
    writeKept(null);
    writeEnded(ended);
    this.#set({ stage: "signin", ended, follows: false, failed: null, pending: new Set() });
  }

  #close({ unregister = true } = {}): void {
    this.#loop?.stop();
    this.#loop = null;
    this.#gateway = null;
    this.#desk = null;
    this.phone.stop({ unregister });
    this.#link?.close();
    this.#link = null;
    this.#lock?.release();
    this.#lock = null;
  }

  #change(model: Model): void {
    if (model !== this.#view.model) this.#set({ model });
    this.#keep();
  }

  #keep(): void {
    const guid = this.#gateway?.guid;
    const { account, model, stage } = this.#view;
    if (!guid || !account || stage === "signin") return;
    const kept = { account, guid, instanceId: this.#instanceId, model, seen: this.#loop?.seen ?? [] };
    writeKept(kept);
    this.#link?.tell(kept);
  }

  #set(change: Partial<View>): void {
    this.#view = { ...this.#view, ...change };
    for (const listener of this.#listeners) listener();
  }
}
