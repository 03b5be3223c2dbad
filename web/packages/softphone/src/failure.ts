/** Why a call failed, as a small closed set that pages can put into words. */

export type CallFailure =
  | "busy"
  | "rejected"
  | "not_found"
  | "no_answer"
  | "unavailable"
  | "overloaded"
  | "forbidden"
  | "media"
  | "network"
  | "timeout"
  | "server";

const BY_STATUS: Record<number, CallFailure> = {
  401: "forbidden",
  403: "forbidden",
  404: "not_found",
  407: "forbidden",
  408: "no_answer",
  410: "not_found",
  415: "media",
  480: "unavailable",
  484: "not_found",
  486: "busy",
  487: "no_answer",
  488: "media",
  503: "overloaded",
  600: "busy",
  603: "rejected",
  604: "not_found",
  606: "media",
};

/** JsSIP's own causes, for failures that have no response of the far end behind them. */
const BY_CAUSE: Record<string, CallFailure> = {
  "Connection Error": "network",
  "Request Timeout": "network",
  "User Denied Media Access": "media",
  "WebRTC Error": "media",
  "Bad Media Description": "media",
  "Missing SDP": "media",
  "Incompatible SDP": "media",
  "RTP Timeout": "network",
  "No Answer": "no_answer",
  "No ACK": "network",
  Expires: "timeout",
  Busy: "busy",
  Rejected: "rejected",
  Unavailable: "unavailable",
  "Not Found": "not_found",
  "Address Incomplete": "not_found",
  "Authentication Error": "forbidden",
};

/** Q.850 causes in a `Reason` header (RFC 3326) that are not an ordinary end of a call. */
const BY_Q850: Record<number, CallFailure> = {
  1: "not_found",
  17: "busy",
  18: "no_answer",
  19: "no_answer",
  20: "unavailable",
  21: "rejected",
  34: "overloaded",
  42: "overloaded",
  102: "timeout",
};

/** Names the failure behind a SIP status (0 when there was no response) and JsSIP's cause. */
export function failureOf(status: number, cause: string): CallFailure {
  return BY_STATUS[status] ?? BY_CAUSE[cause] ?? "server";
}

/** Reads a `Reason` header; null for an ordinary end or one that says nothing. */
export function failureOfReason(header: string | undefined): CallFailure | null {
  const match = header?.match(/^\s*(SIP|Q\.850)\s*;.*?cause\s*=\s*(\d+)/i);
  if (!match) return null;
  const code = Number(match[2]);
  if (match[1]?.toUpperCase() === "SIP") return code === 200 ? null : (BY_STATUS[code] ?? null);
  return BY_Q850[code] ?? null;
}
