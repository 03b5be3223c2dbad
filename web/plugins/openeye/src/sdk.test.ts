/** The documented names and shapes, over a phone that does as it is told. */

import { NO_PICTURES, type PhoneCall, type PhoneState, type Softphone } from "@opencec/softphone";
import { expect, test, vi } from "vitest";
import { sdkFor, socketBeside } from "./sdk";
import type { Answer, Notice } from "./wire";

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

const CALL: PhoneCall = {
  id: "sip-1",
  direction: "in",
  phase: "ringing",
  number: "15550100",
  name: "Ines",
  resumed: false,
  automatic: false,
  connectedAt: null,
  muted: false,
  offersVideo: false,
};

class FakePhone {
  state = DOWN;
  readonly done: unknown[][] = [];
  readonly #listeners = new Map<string, (payload: unknown) => void>();

  on(name: string, listener: (payload: never) => void) {
    this.#listeners.set(name, listener as (payload: unknown) => void);
    return () => undefined;
  }

  become(change: Partial<PhoneState>): void {
    this.state = { ...this.state, ...change };
    this.#listeners.get("change")?.(this.state);
  }

  end(call: PhoneCall): void {
    this.become({ call: null });
    this.#listeners.get("ended")?.({ call, failure: null, byFarEnd: true });
  }

  start = (account: unknown) => this.done.push(["start", account]);
  stop = (how: unknown) => this.done.push(["stop", how]);
  answer = async () => this.done.push(["answer"]);
  hangUp = () => this.done.push(["hangUp"]);
  setMuted = (muted: boolean) => this.done.push(["muted", muted]);
  sendTones = (tones: string) => this.done.push(["tones", tones]);
  call = async (target: string, how: unknown) => this.done.push(["call", target, how]);
  setCamera = async (on: boolean) => this.done.push(["camera", on]);
}

const SCRIPT = "https://cc.example.com/service-cloud/plugins/OpenEye_SDK.js";

function made() {
  const phone = new FakePhone();
  const Sdk = sdkFor(SCRIPT, () => phone as unknown as Softphone);
  const sdk = new Sdk();
  const answers: Answer[] = [];
  const notices: Notice[] = [];
  const reply = { response: (answer: Answer) => answers.push(answer) };
  const onRegStatusUpdate = (notice: Notice) => notices.push(notice);
  const register = (user = "7101", more: object = {}) =>
    sdk.openEyeCall.register(`${user}@cc.example.com`, user, "secret", 1, {
      ...reply,
      onRegStatusUpdate,
      ...more,
    });
  return { phone, sdk, side: sdk.openEyeCall, answers, notices, reply, register };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

test("the connections come up in the documented order, and go down once", async () => {
  const order: string[] = [];
  const note = (name: string) => () => void order.push(name);
  const Sdk = sdkFor(SCRIPT, () => new FakePhone() as unknown as Softphone);
  const names = ["onOpeneyeDeamonReady", "serviceStartUp", "onOpeneyeLoginReady", "onOpeneyeCallReady"];
  const down = ["onOpeneyeCallClose", "onOpeneyeLoginClose", "serviceShutDown", "onOpeneyeDeamonClose"];
  const sdk = new Sdk(Object.fromEntries([...names, ...down].map((name) => [name, note(name)])));
  expect(order).toEqual([]);
  await settled();
  expect(order).toEqual(names);
  sdk.unInit();
  sdk.unInit();
  expect(order).toEqual([...names, ...down]);
});

test("the socket is beside the script", () => {
  expect(socketBeside(SCRIPT)).toBe("wss://cc.example.com/service-cloud/sip");
  expect(socketBeside("http://127.0.0.1:8080/service-cloud/plugins/OpenEye_SDK.js")).toBe(
    "ws://127.0.0.1:8080/service-cloud/sip",
  );
});

test("registration is accepted at once and told of twice", async () => {
  const { phone, notices, answers, register } = made();
  register();
  await settled();
  expect(answers).toEqual([{ description: "tsdk_login", result: 0, rsp: 65537 }]);
  expect(phone.done.at(-1)?.[1]).toMatchObject({
    user: "7101",
    domain: "cc.example.com",
    password: "secret",
  });
  phone.become({ registered: true });
  expect(notices.map(({ notify }) => notify)).toEqual([1003, 1004]);
  expect(notices[1]?.param).toMatchObject({
    userId: "7101",
    register_state: 3,
    loginSuccessInfo: { confEnvType: 0 },
  });
});

test("another account is refused while one is registered", async () => {
  const { answers, register, side, reply, phone } = made();
  register();
  register("7102");
  await settled();
  expect(answers[1]).toMatchObject({ result: 1, errMsg: "Repeat login, current user:7101" });
  side.deRegister("7101", reply);
  expect(phone.done.at(-1)).toEqual(["stop", { unregister: true }]);
  register("7102");
  await settled();
  expect(answers.at(-1)?.result).toBe(0);
});

test("a refusal names the SIP status; after a registration it is a forced end", () => {
  const { phone, notices, register } = made();
  const forced: Notice[] = [];
  register("7101", { onForceUnReg: (notice: Notice) => forced.push(notice) });
  phone.become({ refusal: 404 });
  expect(notices.at(-1)).toMatchObject({
    notify: 1005,
    param: { loginFailedInfo: { reasonDescription: "SIP 404" } },
  });
  phone.become({ registered: true, refusal: null });
  phone.become({ registered: false, refusal: 403 });
  expect(forced).toHaveLength(1);
});

test("an incoming call has both generations of names, and is answered by its number", async () => {
  const { phone, side, answers, reply } = made();
  const told: Notice[] = [];
  const note = (notice: Notice) => told.push(notice);
  side.setBasicCallEvent({
    onCallIncoming: note,
    onCallConnected: note,
    onCallEnded: note,
    onMissedCall: note,
  });
  phone.become({ call: CALL });
  expect(told[0]).toMatchObject({
    notify: 2002,
    param: {
      callId: 1,
      call_id: 1,
      user_number: "15550100",
      maybeVideoCall: 0,
      callInfo: { callState: 1, isCaller: 0 },
    },
  });
  side.acceptCall(2, 0, reply);
  side.acceptCall(1, 0, reply);
  await settled();
  expect(answers.map(({ result, rsp }) => [result, rsp])).toEqual([
    [1, 67538],
    [0, 67538],
  ]);
  const talking = { ...CALL, phase: "connected" as const, connectedAt: 1 };
  phone.become({ call: talking });
  side.operateMic(1, 1, reply);
  side.DTMF(1, 11, reply);
  side.DTMF(1, "*", reply);
  side.DTMF(1, "x", reply);
  side.endCall(1, reply);
  phone.end(talking);
  await settled();
  expect(phone.done).toEqual([
    ["camera", false],
    ["answer"],
    ["muted", true],
    ["tones", "#"],
    ["tones", "*"],
    ["hangUp"],
  ]);
  expect(answers.slice(2).map(({ result }) => result)).toEqual([0, 0, 0, 1, 0]);
  expect(told.map(({ notify }) => notify)).toEqual([2002, 2006, 2007]);
});

test("a call that nobody answered is told as missed", () => {
  const { phone, side } = made();
  const onMissedCall = vi.fn();
  side.setBasicCallEvent({ onMissedCall });
  phone.become({ call: CALL });
  phone.end(CALL);
  expect(onMissedCall.mock.calls[0]?.[0]).toMatchObject({
    description: "report_missed_call",
    notify: 3001,
    param: {
      callId: 1,
      isVideo: false,
      caller: "15550100",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
    },
  });
});

test("calls need a registration", async () => {
  const { phone, side, answers, reply, register } = made();
  side.startCall("1004", false, reply);
  register();
  phone.become({ registered: true });
  side.startCall("1004", true, reply);
  await settled();
  expect(answers[0]?.errMsg).toBe("not registered");
  expect(phone.done.at(-1)).toEqual(["call", "sip:1004@cc.example.com", { video: true }]);
  side.endCall(7, reply);
  side.RegisterStatusQuery(reply);
  await settled();
  expect(answers.at(-1)).toMatchObject({
    rsp: 67779,
    param: { account: "7101", serverList: { 0: { serverStatus: "Reg" } } },
  });
});

const stream = () => new MediaStream();
const shown = () => document.querySelector<HTMLElement>('[aria-label="Video"]');

test("a call with pictures is told as one, answered with the camera, shown in a window of the page", async () => {
  HTMLMediaElement.prototype.play = async () => undefined;
  const { phone, side, answers, reply } = made();
  const told: Notice[] = [];
  const note = (notice: Notice) => told.push(notice);
  side.setBasicCallEvent({ onCallIncoming: note, onCallConnected: note, onCallMediaChanged: note });
  phone.become({ call: { ...CALL, offersVideo: true } });
  expect(told[0]?.param).toMatchObject({ maybeVideoCall: 1, call_type: 1, callInfo: { isVideoCall: 1 } });
  side.acceptCall(1, told[0]?.param.maybeVideoCall as number, reply);
  await settled();
  expect(phone.done).toEqual([["camera", true], ["answer"]]);
  const remote = stream();
  const talking = { ...CALL, offersVideo: true, phase: "connected" as const, connectedAt: 1 };
  phone.become({ call: talking, pictures: { ...NO_PICTURES, active: true, remote, own: stream() } });
  expect(told[1]?.param).toMatchObject({ callInfo: { isVideoCall: 1, callState: 3 } });
  const far = shown()?.shadowRoot?.querySelector<HTMLVideoElement>("video.far");
  expect(far?.srcObject).toBe(remote);
  side.setVideoWindowParam({ xPos: 40, yPos: 50, width: 640, height: 480 }, reply);
  side.setVideoWindowParam({ width: 0 }, reply);
  side.setVideoLayoutMode(1, reply);
  side.setVideoLayoutMode(9, reply);
  side.setVideoDisplayMode(1, reply);
  side.setVideoDisplayMode(2, reply);
  await settled();
  expect(answers.slice(1).map(({ result }) => result)).toEqual([0, 1, 0, 1, 0, 1]);
  expect(shown()?.style.cssText).toMatch(/left: 40px; top: 50px; width: 640px; height: 480px/);
  expect(shown()?.shadowRoot?.querySelector(".views")?.className).toBe("views beside cropped");
  phone.become({ pictures: NO_PICTURES });
  expect(shown()).toBeNull();
  expect(told.at(-1)).toMatchObject({ notify: 9002, param: { callInfo: { isVideoCall: 0 } } });
});

test("the camera is muted within a call", async () => {
  const { phone, side, answers, reply } = made();
  side.mediaMuteVideo(1, 1, reply);
  phone.become({ call: { ...CALL, phase: "connected", connectedAt: 1 } });
  side.mediaMuteVideo(1, 1, reply);
  side.openCamera(reply);
  side.closeCamera(reply);
  await settled();
  expect(phone.done).toEqual([
    ["camera", false],
    ["camera", true],
    ["camera", false],
  ]);
  expect(answers.map(({ result }) => result)).toEqual([1, 0, 0, 0]);
  phone.become({ pictures: { ...NO_PICTURES, problem: "missing" } });
  side.openCamera(reply);
  await settled();
  expect(answers.at(-1)).toMatchObject({ result: 1, errMsg: "camera missing" });
});
