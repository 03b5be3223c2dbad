/** A typed client of the agent gateway: operations and the GUID that they need. */

import { GatewayError, ServerLostError } from "./errors";
import type {
  AgentObject,
  AgentStatus,
  CallInfo,
  DeviceType,
  Envelope,
  Ivr,
  SignInOptions,
  SignInResult,
  SkillQueue,
} from "./wire";

export const GATEWAY_PATH = "/agentgateway/resource";
const OPERATION_TIMEOUT_MS = 15_000;
/** The server holds a poll for 10 s. */
const POLL_TIMEOUT_MS = 25_000;

export type Method = "GET" | "POST" | "PUT" | "DELETE";

interface Answer {
  retcode: string;
  message?: string;
  result?: unknown;
  event?: Envelope | null;
}

export interface GatewayOptions {
  workno: string;
  guid?: string | null;
  /** Told of every new GUID, so that it can be kept over a reload. */
  onGuid?: (guid: string) => void;
  base?: string;
  fetch?: typeof fetch;
}

/** The hold list answers "no call" in place of an empty list. */
const NO_HELD_CALL = "400-003";
const NO_IVR = "600-004";

const segment = encodeURIComponent;

/** One agent's view of the gateway. Operations throw GatewayError or ServerLostError. */
export class GatewayClient {
  readonly workno: string;
  readonly #base: string;
  readonly #fetch: typeof fetch;
  readonly #onGuid: (guid: string) => void;
  #guid: string | null;

  constructor({ workno, guid = null, onGuid, base = GATEWAY_PATH, fetch: fetcher }: GatewayOptions) {
    this.workno = workno;
    this.#guid = guid;
    this.#base = base;
    this.#onGuid = onGuid ?? (() => undefined);
    this.#fetch = fetcher ?? globalThis.fetch.bind(globalThis);
  }

  get guid(): string | null {
    return this.#guid;
  }

  async signIn(options: SignInOptions, { takeOver = false } = {}): Promise<SignInResult> {
    const path = takeOver ? "/forcelogin" : "";
    return (await this.call("PUT", "onlineagent", path, options)) as SignInResult;
  }

  async signOut(): Promise<void> {
    await this.call("DELETE", "onlineagent", "/logout");
  }

  /** Takes calls from every configured skill queue. */
  async enterAllQueues(): Promise<void> {
    await this.call("POST", "onlineagent", "/resetskill/true?skillid=&phonelinkage=0");
  }

  async skillQueues(): Promise<SkillQueue[]> {
    return ((await this.call("GET", "onlineagent", "/agentskills")) as SkillQueue[] | null) ?? [];
  }

  async status(): Promise<AgentStatus> {
    return (await this.call("GET", "onlineagent", "/agentstatus")) as AgentStatus;
  }

  /** @param reason 0 for none, else 200-250 */
  async sayBusy(reason: number): Promise<void> {
    await this.call("POST", "onlineagent", `/saybusy?reason=${reason}`);
  }

  async sayFree(): Promise<void> {
    await this.call("POST", "onlineagent", "/sayfree");
  }

  async cancelBusy(): Promise<void> {
    await this.call("POST", "onlineagent", "/cancelbusy");
  }

  /** @param seconds 1-86399 @param reason 0-255 */
  async rest(seconds: number, reason: number): Promise<void> {
    await this.call("POST", "onlineagent", `/rest/${seconds}/${reason}`);
  }

  async cancelRest(): Promise<void> {
    await this.call("POST", "onlineagent", "/cancelrest");
  }

  async enterWrapUp(): Promise<void> {
    await this.call("POST", "onlineagent", "/work");
  }

  async leaveWrapUp(): Promise<void> {
    await this.call("POST", "onlineagent", "/cancelwork");
  }

  /** @param callid left out while the phone still rings: the server remembers the answer. */
  async answer(callid?: string): Promise<void> {
    await this.call("PUT", "voicecall", `/answer${callid ? `?callid=${segment(callid)}` : ""}`);
  }

  async reject(callid?: string): Promise<void> {
    await this.call("POST", "voicecall", "/reject", callid ? { callid } : undefined);
  }

  async release(): Promise<void> {
    await this.call("DELETE", "voicecall", "/release");
  }

  async hold(): Promise<void> {
    await this.call("POST", "voicecall", "/hold");
  }

  async retrieve(callid: string): Promise<void> {
    await this.call("POST", "voicecall", `/gethold?callid=${segment(callid)}`);
  }

  async mute(): Promise<void> {
    await this.call("POST", "voicecall", "/beginmute");
  }

  async unmute(): Promise<void> {
    await this.call("POST", "voicecall", "/endmute");
  }

  /** Puts pictures into the call or takes them out; an event tells what came of it. */
  async switchMedia(video: boolean): Promise<void> {
    await this.call("POST", "voicecall", "/mediaswitch", { mediaability: video ? 1 : 0 });
  }

  async secondDial(digits: string): Promise<void> {
    await this.call("POST", "voicecall", `/seconddial/${segment(digits)}`);
  }

  /** Calls a number; returns the call id. */
  async callOut(called: string): Promise<string> {
    return String(await this.call("PUT", "voicecall", "/callout", { called }));
  }

  /** Calls another agent; returns the call id. */
  async callInner(workno: string): Promise<string> {
    return String(await this.call("PUT", "voicecall", "/callinner", { called: workno }));
  }

  /** @param mode of the device type, see `TRANSFER_MODES` */
  async transfer(devicetype: DeviceType, address: string, mode: number): Promise<void> {
    await this.call("POST", "voicecall", "/transfer", { devicetype, address, mode });
  }

  /** Takes the customer back from a talk or three-party transfer. */
  async cancelTransfer(): Promise<void> {
    await this.call("POST", "voicecall", "/canceltransfer");
  }

  /**
   * Asks a colleague or a queue for help; returns the call id of the consultation.
   *
   * @param devicetype 1 skill queue, 2 agent @param mode 1 two-party, 2 three-party
   */
  async innerHelp(devicetype: 1 | 2, dstaddress: string, mode: 1 | 2): Promise<string> {
    return String(await this.call("POST", "voicecall", "/innerhelp", { devicetype, dstaddress, mode }));
  }

  /** Joins a held call to the active one: everybody hears everybody. */
  async confJoin(callid: string): Promise<void> {
    await this.call("POST", "voicecall", "/confjoin", { callid });
  }

  /** Joins the other two parties of a held and the active call, and leaves. */
  async connectHold(callid: string): Promise<void> {
    await this.call("POST", "voicecall", `/connecthold/${segment(callid)}`);
  }

  /** Hangs up one call, also a held one or the consultation. */
  async dropCall(callid: string): Promise<void> {
    await this.call("POST", "voicecall", `/dropcall/${segment(callid)}`);
  }

  /** Removes one party from a three-party call. */
  async disconnect(number: string): Promise<void> {
    await this.call("POST", "voicecall", `/disconnect/${segment(number)}`);
  }

  /** Menus and announcements that a call may be transferred to; `access` is the address. */
  async ivrs(): Promise<Ivr[]> {
    try {
      return ((await this.call("GET", "queuedevice", "/ivrinfo")) as Ivr[] | null) ?? [];
    } catch (error) {
      if (error instanceof GatewayError && error.code === NO_IVR) return [];
      throw error;
    }
  }

  async callIds(): Promise<string[]> {
    return ((await this.call("GET", "calldata", "/allcallid")) as string[] | null) ?? [];
  }

  /** The current call; null when there is none. */
  async callInfo(): Promise<CallInfo | null> {
    return (await this.call("GET", "calldata", "/callinfo?isNoContainLastCall=true")) as CallInfo | null;
  }

  /** The call that is offered and not answered yet; null when there is none. */
  async offeredCall(): Promise<CallInfo | null> {
    return (await this.call("GET", "calldata", "/callinfobeforeanswer")) as CallInfo | null;
  }

  async heldCalls(): Promise<CallInfo[]> {
    try {
      return ((await this.call("GET", "calldata", "/holdlist")) as CallInfo[] | null) ?? [];
    } catch (error) {
      if (error instanceof GatewayError && error.code === NO_HELD_CALL) return [];
      throw error;
    }
  }

  /** Every agent that is signed in, oneself included. */
  async agentsOnline(): Promise<AgentObject[]> {
    return ((await this.call("GET", "agentgroup", "/onlineagentonvdn")) as AgentObject[] | null) ?? [];
  }

  /** Waits up to 10 s for the next event; null when there was none. */
  async poll(signal: AbortSignal): Promise<Envelope | null> {
    const answer = await this.#request("GET", `agentevent/${this.workno}`, undefined, {
      signal,
      timeoutMs: POLL_TIMEOUT_MS,
    });
    return answer.event ?? null;
  }

  /** Any operation: `rest` follows the agent in the path. */
  async call(method: Method, group: string, rest: string, body?: object): Promise<unknown> {
    const answer = await this.#request(method, `${group}/${this.workno}${rest}`, body, {
      timeoutMs: OPERATION_TIMEOUT_MS,
    });
    return answer.result ?? null;
  }

  async #request(
    method: Method,
    path: string,
    body: object | undefined,
    { signal, timeoutMs }: { signal?: AbortSignal; timeoutMs: number },
  ): Promise<Answer> {
    const headers: Record<string, string> = { "Content-Type": "application/json; charset=UTF-8" };
    if (this.#guid) headers.Guid = this.#guid;
    const limit = AbortSignal.timeout(timeoutMs);
    let response: Response;
    try {
      response = await this.#fetch(`${this.#base}/${path}`, {
        method,
        headers,
        body: body ? JSON.stringify(body) : undefined,
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
        cache: "no-store",
      });
    } catch {
      throw new ServerLostError(null);
    }
    if (!response.ok) throw new ServerLostError(response.status);
    this.#keepGuid(response.headers.get("Set-GUID"));
    const answer = (await response.json().catch(() => null)) as Answer | null;
    if (typeof answer?.retcode !== "string") throw new ServerLostError(response.status);
    if (answer.retcode !== "0") throw new GatewayError(answer.retcode, answer.message ?? "");
    return answer;
  }

  /** The header reads `JSESSIONID=<guid>`; the GUID itself holds no further "=". */
  #keepGuid(header: string | null): void {
    if (!header) return;
    const guid = header.slice(header.indexOf("=") + 1);
    if (guid === this.#guid) return;
    this.#guid = guid;
    this.#onGuid(guid);
  }
}
