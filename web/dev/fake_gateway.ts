/** A small agent gateway in memory, for tests and for looking at pages without a server. */

import type { CallInfo, Envelope } from "@opencec/api-client";

export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

interface FakeCall extends CallInfo {
  phase: "alerting" | "ringing" | "dialing" | "talking" | "held";
}

const ok = (result: unknown = {}, headers: Record<string, string> = {}): Reply => ({
  status: 200,
  headers,
  body: { message: "", retcode: "0", result },
});
const refused = (code: string, message = ""): Reply => ({
  status: 200,
  headers: {},
  body: { message, retcode: code },
});

const NEEDS_NO_GUID = /^PUT onlineagent\/\d+(\/forcelogin)?$/;

/** One agent's gateway. State codes: 2 signed out, 3 busy, 4 idle, 5 wrap-up, 7 in a call, 8 rest. */
export class FakeGateway {
  state = 2;
  calls: FakeCall[] = [];
  guid: string | null = null;
  /** Every request as "METHOD path", polls left out. */
  requests: string[] = [];
  pollWaitMs = 10_000;
  colleagues = [
    { workno: "101", name: "Lena Brandt", status: 4 },
    { workno: "102", name: "Amir Haddad", status: 4 },
    { workno: "103", name: "Sofia Marchetti", status: 5 },
    { workno: "104", name: "Jonas Weber", status: 3 },
  ];
  /** Called when the fake wants the agent's phone to ring or to be hung up. */
  ringPhone: (call: FakeCall) => void = () => undefined;
  hangUpPhone: () => void = () => undefined;
  now: () => number = Date.now;

  #events: Envelope[] = [];
  #waiter: (() => void) | null = null;
  #serial = 0;
  #requested: { state: 3 | 8; reason: number } | null = null;
  #answerWanted = false;

  constructor(
    readonly workno = "101",
    readonly password = "Secret_1",
  ) {}

  event(eventType: string, content: unknown = null): void {
    this.#events.push({
      eventType,
      eventGenTime: this.now() + this.#events.length,
      workNo: this.workno,
      content,
    });
    this.#waiter?.();
  }

  /** A customer reaches the agent: the phone rings. */
  incoming({ caller = "15550100", queue = "Sales", waitedMs = 42_000 } = {}): string {
    const call = this.#newCall({
      caller,
      called: "1001",
      callfeature: 0,
      callskill: queue,
      callskillid: 1,
      phase: "alerting",
    });
    call.begintime = this.now() - waitedMs;
    this.event("AgentEvent_Incoming_CallInfo", {
      callId: call.callid,
      skillName: queue,
      skillId: 1,
      caller,
      called: "1001",
      mediaType: 5,
    });
    this.event("AgentOther_PhoneAlerting", null);
    this.ringPhone(call);
    return call.callid;
  }

  /** The agent's phone answered its INVITE. */
  phoneAnswered(): void {
    this.event("AgentOther_PhoneOffhook", { type: "unknown" });
    const call = this.calls.find((each) => each.phase === "alerting");
    if (!call) return;
    this.state = 7;
    this.event("AgentState_Busy");
    if (call.callfeature !== 0) {
      call.phase = "dialing";
      this.event("AgentEvent_Customer_Alerting", {
        callid: call.callid,
        otherPhone: call.called,
        type: "main",
      });
      return;
    }
    call.phase = "ringing";
    this.event("AgentEvent_Ringing", this.#content(call));
    if (this.#answerWanted) this.#talk(call);
  }

  farEndAnswers(): void {
    const call = this.calls.find((each) => each.phase === "dialing");
    if (call) this.#talk(call);
  }

  customerHangsUp(): void {
    const call = this.calls[0];
    if (!call) return;
    this.event("AgentEvent_Customer_Release", { callid: call.callid, number: call.caller });
    this.#over(call);
  }

  /** Takes the next event off the queue, at once. */
  take(): Envelope | null {
    return this.#events.shift() ?? null;
  }

  async handle(method: string, path: string, guid: string | null, body: unknown): Promise<Reply> {
    const url = new URL(path, "http://fake/");
    const [group = "", , ...rest] = url.pathname.slice(1).split("/");
    if (group === "agentevent") return this.#poll(guid);
    this.requests.push(`${method} ${path}`);
    if (NEEDS_NO_GUID.test(`${method} ${url.pathname.slice(1)}`))
      return this.#signIn(rest[0] === "forcelogin", body);
    if (this.guid === null) return refused("100-006", "agent not login");
    if (guid !== this.guid) return refused("000-003");
    const operation = this.#operations[`${group}/${rest[0] ?? ""}`];
    return operation
      ? operation(rest.slice(1), url.searchParams, body)
      : { status: 404, headers: {}, body: null };
  }

  async #poll(guid: string | null): Promise<Reply> {
    if (this.guid === null) return refused("100-006");
    if (guid !== this.guid) return refused("000-003");
    this.#waiter?.();
    if (!this.#events.length && this.pollWaitMs) {
      let wake: () => void = () => undefined;
      await new Promise<void>((resolve) => {
        wake = resolve;
        this.#waiter = resolve;
        setTimeout(resolve, this.pollWaitMs);
      });
      if (this.#waiter !== wake) return { status: 200, headers: {}, body: { message: "", retcode: "0" } };
      this.#waiter = null;
    }
    const event = this.take();
    return { status: 200, headers: {}, body: { message: "", retcode: "0", ...(event ? { event } : {}) } };
  }

  #signIn(force: boolean, body: unknown): Reply {
    const { password } = body as { password: string };
    if (password !== this.password) return refused("100-004", "wrong user or password");
    if (this.guid !== null && !force) return refused("100-002", "already signed in");
    this.guid = `00000000-0000-4000-8000-${String(this.now()).slice(-12).padStart(12, "0")}.AgentGateway0`;
    this.state = 4;
    this.#events = [];
    this.calls = [];
    this.event("AgentOther_InService");
    this.event("AgentState_Ready");
    return ok({ vdnid: 1, workno: this.workno, mediatype: "TFF" }, { "Set-GUID": `JSESSIONID=${this.guid}` });
  }

  readonly #operations: Record<string, (rest: string[], query: URLSearchParams, body: unknown) => Reply> = {
    "onlineagent/logout": () => {
      if (this.state === 7) return refused("100-010");
      this.guid = null;
      this.state = 2;
      return ok();
    },
    "onlineagent/resetskill": () => ok(),
    "onlineagent/agentstatus": () =>
      ok({ agentState: this.state, isWorking: this.calls.some((c) => c.phase === "talking") }),
    "onlineagent/saybusy": (_, query) => this.#pause(3, Number(query.get("reason") || 0)),
    "onlineagent/rest": (rest) => this.#pause(8, Number(rest[1] ?? 0)),
    "onlineagent/sayfree": () => this.#free("AgentState_Ready"),
    "onlineagent/cancelbusy": () => this.#free("AgentState_CancelNotReady_Success"),
    "onlineagent/cancelrest": () => this.#free("AgentState_CancelRest_Success"),
    "onlineagent/work": () => {
      this.state = 5;
      this.event("AgentState_SetWork_Success");
      return ok();
    },
    "onlineagent/cancelwork": () => {
      this.event("AgentState_CancelWork_Success");
      this.state = 4;
      if (this.#requested) this.#pause(this.#requested.state, this.#requested.reason);
      this.#requested = null;
      return ok();
    },
    "voicecall/answer": () => {
      const call = this.calls.find((each) => each.phase === "ringing" || each.phase === "alerting");
      if (!call) return refused("200-002");
      if (call.phase === "alerting") this.#answerWanted = true;
      else this.#talk(call);
      return ok();
    },
    "voicecall/reject": () => {
      const call = this.calls.find((each) => each.phase === "ringing" || each.phase === "alerting");
      if (!call) return refused("200-002");
      this.calls = this.calls.filter((each) => each !== call);
      this.hangUpPhone();
      this.event("AgentOther_PhoneRelease", { phoneState: 3 });
      this.state = 3;
      this.event("AgentState_SetNotReady_Success", { reason: "7" });
      return ok();
    },
    "voicecall/release": () => {
      const call = this.calls.find((each) => each.phase !== "held");
      if (!call) return refused("200-017");
      this.event("AgentEvent_Call_Release", call.callid);
      this.#over(call);
      return ok();
    },
    "voicecall/hold": () =>
      this.#move("talking", "held", "200-013", (call) => this.event("AgentEvent_Hold", call.callid)),
    "voicecall/gethold": () =>
      this.#move("held", "talking", "200-015", (call) =>
        this.event("AgentEvent_Talking", this.#content(call)),
      ),
    "voicecall/beginmute": () => (this.calls.length ? ok() : refused("200-003")),
    "voicecall/endmute": () => (this.calls.length ? ok() : refused("200-007")),
    "voicecall/seconddial": () => ok(),
    "voicecall/transfer": (_, __, body) => {
      const call = this.calls.find((each) => each.phase === "talking");
      if (!call) return refused("200-012");
      if ((body as { address: string }).address === "999") return refused("100-007", "no such target");
      this.event("AgentEvent_Call_Release", call.callid);
      this.#over(call);
      return ok();
    },
    "voicecall/callout": (_, __, body) => this.#dial(7, body),
    "voicecall/callinner": (_, __, body) => this.#dial(6, body),
    "calldata/allcallid": () => ok(this.calls.map((call) => call.callid)),
    "calldata/callinfobeforeanswer": () => ok(this.calls.find((call) => call.phase === "alerting") ?? null),
    "calldata/holdlist": () => {
      const held = this.calls.filter((call) => call.phase === "held");
      return held.length ? ok(held) : refused("400-003");
    },
    "agentgroup/onlineagentonvdn": () => ok(this.colleagues),
    "calldata/callinfo": () => ok(this.calls[0] ?? null),
  };

  #dial(callfeature: number, body: unknown): Reply {
    const { called } = body as { called: string };
    const call = this.#newCall({ caller: this.workno, called, callfeature, phase: "alerting" });
    this.event("AgentOther_PhoneAlerting", null);
    this.ringPhone(call);
    return ok(call.callid);
  }

  #newCall(fields: Omit<FakeCall, "callid">): FakeCall {
    this.#serial += 1;
    const call = { ...fields, callid: `${Math.floor(this.now() / 1000)}-${this.#serial}` };
    this.calls.unshift(call);
    return call;
  }

  #talk(call: FakeCall): void {
    this.#answerWanted = false;
    call.phase = "talking";
    this.event("AgentEvent_Talking", this.#content(call));
  }

  #over(call: FakeCall): void {
    this.calls = this.calls.filter((each) => each !== call);
    if (this.calls.length) return;
    this.event("AgentOther_PhoneRelease", { phoneState: 3 });
    this.hangUpPhone();
    this.state = 5;
    this.event("AgentState_Work");
  }

  #pause(state: 3 | 8, reason: number): Reply {
    if (this.state === 7 || this.state === 5) {
      this.#requested = { state, reason };
      return ok();
    }
    this.state = state;
    if (state === 3) this.event("AgentState_SetNotReady_Success", { reason: String(reason) });
    else this.event("AgentState_SetRest_Success");
    return ok();
  }

  #free(event: string): Reply {
    this.#requested = null;
    if (this.state === 7) return ok();
    this.state = 4;
    this.event(event);
    return ok();
  }

  #move(from: FakeCall["phase"], to: FakeCall["phase"], code: string, then: (call: FakeCall) => void): Reply {
    const call = this.calls.find((each) => each.phase === from);
    if (!call) return refused(code);
    call.phase = to;
    then(call);
    return ok();
  }

  #content({ callid, caller, called, callfeature }: FakeCall): object {
    return {
      callid,
      caller,
      called,
      transfer: "no",
      transfrom: "",
      type: "main",
      feature: String(callfeature),
      mediaAbility: "1",
      mediaType: "5",
    };
  }
}
