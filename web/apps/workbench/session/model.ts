/** What the workbench knows about its agent: state, calls, and the calls of this session. */

import { CONFERENCE, isConsult, isInternal } from "@opencec/agent-calls";
import type { InspectionMode, PathStep } from "@opencec/api-client";

export type AgentState = "idle" | "busy" | "rest" | "wrapup" | "call";

/**
 * `alerting`: the phone rings, the gateway has not announced the call yet; `ringing`: it has.
 * `dialing`: our own outbound or internal call, not answered yet.
 */
export type CallPhase = "alerting" | "ringing" | "dialing" | "talking" | "held";

export interface Call {
  callid: string;
  caller: string;
  called: string;
  /** Call type of the gateway: 0 inbound, 6 internal, 7 outbound, 40-45 task calls, 51-53 consult and conference. */
  feature: number | null;
  phase: CallPhase;
  queue: string;
  /** Server clock, milliseconds; null when unknown. */
  beganAt: number | null;
  offeredAt: number;
  talkingAt: number | null;
  heldAt: number | null;
  muted: boolean;
  /** We handed it over; its release is not our end of the talk but the other agent's beginning. */
  transferred: boolean;
  data: string;
  /** The number that the customer dialled. */
  accessCode: string;
  queueId: number;
  /** What the caller chose in menus. */
  path: PathStep[];
  /** The other parties of a three-party call. */
  partners: string[];
  /** A talk or three-party transfer runs: the customer may be taken back. */
  transferring: boolean;
}

/** What the agent writes down about a contact. */
export interface Note {
  note: string;
  reasons: number[];
}

export const NO_NOTE: Note = { note: "", reasons: [] };

/** The inspector listens to another agent. */
export interface Inspecting {
  workno: string;
  mode: InspectionMode;
}

export type Outcome = "answered" | "missed" | "rejected" | "failed" | "transferred";

/** A finished call of this session. */
export interface LogEntry {
  callid: string;
  number: string;
  queue: string;
  outbound: boolean;
  internal: boolean;
  at: number;
  talkedMs: number | null;
  outcome: Outcome;
}

export interface Rest {
  reason: number;
  until: number;
  overdue: boolean;
}

export interface Model {
  state: AgentState;
  since: number;
  busyReason: number;
  rest: Rest | null;
  /** Asked for during a call or wrap-up; takes effect afterwards. */
  requested: "busy" | "rest" | null;
  /** The rest that was asked for, until the server grants it. */
  wish: { reason: number; seconds: number } | null;
  /** When wrap-up ends by itself, on the server's clock; 0 = it does not, or it is not known. */
  wrapUpUntil: number;
  inspecting: Inspecting | null;
  /** By call id: the newest ones. */
  notes: Record<string, Note>;
  calls: Call[];
  /** Something that happened to a call and that the agent must know; cleared by the next action. */
  notice: "video_refused" | "transfer_failed" | "call_failed" | "consult_failed" | null;
  log: LogEntry[];
}

export const LOG_LIMIT = 300;
const NOTES_KEPT = 20;

export function initialModel(now: number): Model {
  return {
    state: "busy",
    since: now,
    busyReason: 0,
    rest: null,
    requested: null,
    wish: null,
    wrapUpUntil: 0,
    inspecting: null,
    notes: {},
    calls: [],
    notice: null,
    log: [],
  };
}

export const isConference = (call: Pick<Call, "feature" | "partners">): boolean =>
  call.feature === CONFERENCE || call.partners.length > 0;

/** The call that notes belong to: the live one with a customer, else the last one. */
export function notedCall(model: Model): { callid: string } | null {
  const live = model.calls.filter((call) => call.talkingAt !== null && !isConsult(call) && !isInternal(call));
  const last = model.log[0];
  if (live.length) return live[0] ?? null;
  return last && last.talkedMs !== null && !last.internal ? last : null;
}

/** Keeps what was written about a contact, and forgets the oldest. */
export function withNote(model: Model, callid: string, note: Note): Model {
  const { [callid]: _, ...others } = model.notes;
  const kept = Object.entries(others).slice(1 - NOTES_KEPT);
  return { ...model, notes: { ...Object.fromEntries(kept), [callid]: note } };
}
