/** The agent gateway on the wire, in the spelling that it uses. */

export interface SignInOptions {
  password: string;
  phonenum: string;
  autoanswer: boolean;
  autoenteridle: boolean;
  releasephone: boolean;
  /** 3 busy, 4 idle, 5 wrap-up. */
  status: 3 | 4 | 5;
  /** 4 voice (when left out), 11 voice and video. */
  agenttype?: 4 | 11;
}

export interface SignInResult {
  vdnid: number | string;
  workno: string;
  mediatype: string;
  loginTime: string;
  isForceChange: string;
  serverName: string;
  timeRemaining: string;
}

export interface AgentStatus {
  /** 2 signed out, 3 busy, 4 idle, 5 wrap-up, 7 in a call, 8 rest. */
  agentState: number;
  isWorking: boolean;
}

/** Another agent, in lists. */
export interface AgentObject {
  workno: string;
  name: string;
  /** Codes as in AgentStatus. */
  status: number;
}

export interface CallInfo {
  callfeature: number;
  callid: string;
  caller: string;
  called: string;
  callskill?: string | null;
  callskillid?: number | null;
  orgicallednum?: string | null;
  calldata?: string | null;
  begintime?: number | null;
  endtime?: number | null;
}

export interface SkillQueue {
  id: number;
  name: string;
  mediatype?: number;
}

/** 1 skill queue, 2 agent, 3 IVR, 5 external number. */
export type DeviceType = 1 | 2 | 3 | 5;

export type TransferKind = "release" | "success" | "suspend" | "talk" | "threeParty";

/** The number of each mode at each device type; what is missing does not exist. */
export const TRANSFER_MODES: Record<DeviceType, Partial<Record<TransferKind, number>>> = {
  1: { release: 0, success: 2 },
  2: { release: 0, success: 2 },
  3: { release: 0, suspend: 1 },
  5: { release: 1, success: 2, talk: 3, threeParty: 4 },
};

export interface Ivr {
  id: string;
  access: string;
  description: string;
}

export interface Envelope {
  eventType: string;
  eventGenTime?: number;
  workNo: string;
  content: unknown;
}

/** Content of the events of a call that carry more than a bare call id. */
export interface CallContent {
  callid: string;
  caller: string;
  called: string;
  feature: string;
  otherPhone: string;
  skillName: string;
  result: number;
  reason: string;
  /** Parties of a conference, separated by commas. */
  partner: string;
  /** Who left. */
  number: string;
}

/** Reads the content of an event leniently: a bare string is the call id, `callId` is another spelling. */
export function callContent(envelope: Envelope): CallContent {
  const raw = envelope.content;
  const fields = (typeof raw === "object" && raw !== null ? raw : {}) as Record<string, unknown>;
  const text = (...names: string[]): string => {
    for (const name of names) {
      const value = fields[name];
      if (typeof value === "string" || typeof value === "number") return String(value);
    }
    return "";
  };
  return {
    callid: typeof raw === "string" ? raw : text("callid", "callId"),
    caller: text("caller"),
    called: text("called"),
    feature: text("feature"),
    otherPhone: text("otherPhone"),
    skillName: text("skillName"),
    result: Number(text("result") || 0),
    reason: text("reason"),
    partner: text("partner"),
    number: text("number"),
  };
}
