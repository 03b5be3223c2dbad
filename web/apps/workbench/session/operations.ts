/** What each button does at the gateway and at the phone. */

import { activeCall, heldCalls } from "@opencec/agent-calls";
import {
  type DeviceType,
  type GatewayClient,
  GatewayError,
  TRANSFER_MODES,
  type TransferKind,
} from "@opencec/api-client";
import type { PhoneState } from "@opencec/softphone";
import { isConference, type Model } from "./model";
import { amend, dialed } from "./reduce";

/** The part of the softphone that buttons need. */
export interface PhoneControl {
  readonly state: PhoneState;
  prepare(): Promise<void>;
  answer(): Promise<void>;
  hangUp(): void;
  setMuted(muted: boolean): void;
  expectCall(ms: number): void;
}

export interface Context {
  gateway: GatewayClient;
  phone: PhoneControl;
  model: () => Model;
  change: (next: (model: Model) => Model) => void;
  now: () => number;
}

/** The phone rings within this time after an outbound call was asked for. */
const PHONE_RINGS_WITHIN_MS = 15_000;
const NO_CALL_TO_ANSWER = "200-002";
const NO_CALL_TO_RELEASE = "200-017";

/** Ignores one result code that means "already so". */
async function unless(code: string, operation: Promise<void>): Promise<void> {
  try {
    await operation;
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== code) throw error;
  }
}

/**
 * One click answers both: the phone's INVITE and the gateway's call. The microphone comes first, or the customer
 * would be connected to silence.
 */
export async function answer({ gateway, phone, model }: Context): Promise<void> {
  await phone.prepare();
  const call = activeCall(model());
  const callid = call?.phase === "ringing" ? call.callid : undefined;
  // The gateway announces a call before it reaches the phone: a click in between answers what rings next.
  if (!phone.state.call) phone.expectCall(PHONE_RINGS_WITHIN_MS);
  // A gateway that does not remember an answer given while the phone rings is asked again at its Ringing event.
  await Promise.all([phone.answer(), unless(NO_CALL_TO_ANSWER, gateway.answer(callid))]);
}

export async function reject({ gateway, phone, model }: Context): Promise<void> {
  const callid = activeCall(model())?.callid;
  try {
    await gateway.reject(callid);
  } catch (error) {
    // While only the phone rings the gateway may not know the call yet: refusing it there means the same.
    if (!(error instanceof GatewayError) || phone.state.call?.phase !== "ringing") throw error;
  }
  if (phone.state.call?.phase === "ringing") phone.hangUp();
}

export async function hangUp(context: Context): Promise<void> {
  const { gateway, phone, model } = context;
  if (activeCall(model())?.phase === "alerting" || phone.state.call?.phase === "ringing")
    return reject(context);
  await unless(NO_CALL_TO_RELEASE, gateway.release());
}

export async function retrieve({ gateway, model }: Context, callid?: string): Promise<void> {
  const held = callid ?? heldCalls(model())[0]?.callid;
  if (held) await gateway.retrieve(held);
}

/** There is no event for mute: the answer of the gateway decides. */
export async function setMuted({ gateway, phone, model, change }: Context, muted: boolean): Promise<void> {
  const callid = activeCall(model())?.callid;
  if (muted) phone.setMuted(true);
  try {
    await (muted ? gateway.mute() : gateway.unmute());
  } catch (error) {
    if (muted) phone.setMuted(false);
    throw error;
  }
  if (!muted) phone.setMuted(false);
  if (callid) change((before) => amend(before, callid, { muted }));
}

/** Leaves busy, also one that was only asked for; from wrap-up see `endWork`. */
export async function ready({ gateway, model, change }: Context): Promise<void> {
  const { state, requested } = model();
  await (state === "busy" ? gateway.cancelBusy() : gateway.sayFree());
  if (requested) change((before) => ({ ...before, requested: null, wish: null }));
}

const laterStates = new Set(["call", "wrapup"]);

export async function busy({ gateway, model, change }: Context, reason: number): Promise<void> {
  await gateway.sayBusy(reason);
  if (laterStates.has(model().state)) change((before) => ({ ...before, requested: "busy", wish: null }));
}

/** @param seconds 1-86399 */
export async function rest(
  { gateway, model, change }: Context,
  { seconds, reason }: { seconds: number; reason: number },
): Promise<void> {
  const wish = { seconds, reason };
  change((before) => ({ ...before, wish }));
  await gateway.rest(seconds, reason);
  if (laterStates.has(model().state)) change((before) => ({ ...before, requested: "rest", wish }));
}

export async function endRest({ gateway, change }: Context): Promise<void> {
  await gateway.cancelRest();
  change((before) => (before.requested === "rest" ? { ...before, requested: null, wish: null } : before));
}

export interface TransferTarget {
  device: DeviceType;
  address: string;
  kind: TransferKind;
}

export interface ConsultTarget {
  device: 1 | 2;
  address: string;
  /** Three-party: everybody talks; else the customer waits. */
  together: boolean;
}

/** Asks a colleague or a queue for help. */
export async function consult(
  { gateway, change, now }: Context,
  { device, address, together }: ConsultTarget,
): Promise<void> {
  const callid = await gateway.innerHelp(device, address, together ? 2 : 1);
  const { workno } = gateway;
  const feature = together ? 52 : 51;
  if (callid)
    change((before) => ({
      ...dialed(before, { callid, called: address, feature, workno }, now()),
      notice: null,
    }));
}

/** One conversation of all: the held call joins the active one. */
export async function threeWay({ gateway, model }: Context, callid?: string): Promise<void> {
  const held = callid ?? heldCalls(model())[0]?.callid;
  if (held) await gateway.confJoin(held);
}

/** The other two go on without the agent. */
export async function connectHold({ gateway, model, change }: Context, callid?: string): Promise<void> {
  const held = callid ?? heldCalls(model())[0]?.callid;
  const active = activeCall(model())?.callid ?? "";
  if (!held) return;
  const mark = (transferred: boolean) =>
    change((before) => amend(amend(before, active, { transferred }), held, { transferred }));
  mark(true);
  try {
    await gateway.connectHold(held);
  } catch (error) {
    mark(false);
    throw error;
  }
}

/** Back to the customer alone: drops the consultation, the third party, or a transfer that runs. */
export async function takeBack({ gateway, model }: Context): Promise<void> {
  const call = activeCall(model());
  if (!call) return;
  if (call.transferring) return gateway.cancelTransfer();
  if (isConference(call)) {
    const third = call.partners.at(-1);
    return third ? gateway.disconnect(third) : gateway.cancelTransfer();
  }
  const held = heldCalls(model())[0]?.callid;
  await gateway.dropCall(call.callid);
  if (held) await retrieveOnce(gateway, held);
}

/** The server may have retrieved the customer by itself. */
async function retrieveOnce(gateway: GatewayClient, callid: string): Promise<void> {
  try {
    await gateway.retrieve(callid);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
  }
}

export async function transfer(
  { gateway, model, change }: Context,
  { device, address, kind }: TransferTarget,
): Promise<void> {
  const mode = TRANSFER_MODES[device][kind];
  if (mode === undefined) return;
  const leaves = kind === "release" || kind === "success";
  const callid = activeCall(model())?.callid ?? "";
  const mark = (transferred: boolean) => change((before) => amend(before, callid, { transferred }));
  // The events that end the call here may come before the answer.
  mark(leaves);
  try {
    await gateway.transfer(device, address, mode);
  } catch (error) {
    mark(false);
    throw error;
  }
}

export async function call(
  { gateway, phone, change, now }: Context,
  { called, internal }: { called: string; internal: boolean },
): Promise<void> {
  await phone.prepare();
  phone.expectCall(PHONE_RINGS_WITHIN_MS);
  const callid = await (internal ? gateway.callInner(called) : gateway.callOut(called));
  const { workno } = gateway;
  change((before) => ({
    ...dialed(before, { callid, called, feature: internal ? 6 : 7, workno }, now()),
    notice: null,
  }));
}
