/** Our own interface (`/api/v1`): facts about the server, callers' and agents' accounts. */

import { ApiError, ServerLostError } from "./errors";

/** `GET /api/v1/info`. Everything but the product's name may be missing on an older or busy server. */
export interface ServerInfo {
  product: string;
  version?: string;
  demo?: boolean;
  /** Address for other machines; null when the server only serves this one. */
  https_url?: string | null;
  http_url?: string | null;
  ws_sip?: string | null;
  sip?: string | null;
  access_codes?: { code: string; name: string }[];
  /** What may be called face to face. */
  video_codes?: string[];
  /** Where customers may write from a page. */
  web_channels?: { id: string; name: string }[];
  signed_in_agents?: number;
  live_calls?: number;
  /** Where the documentation of the interfaces is; missing when this server offers none. */
  docs_url?: string;
}

export interface SipAccount {
  user: string;
  password: string;
  domain: string;
}

/** `POST /api/v1/callers`: a temporary account for one caller. */
export interface Caller {
  sip: SipAccount & { expires_at_ms: number };
  ws_path: string;
  target: string;
}

/** `POST /api/v1/agent/session`: what the workbench needs to register its phone and to sign in. */
export interface AgentAccount {
  workno: string;
  name: string;
  vdn: number;
  sip: SipAccount;
  ws_path: string;
  queues: { id: number; name: string }[];
  rest_reasons: { restReasonId: number; restReason: string }[];
  busy_reasons: { id: number; name: string }[];
  role: "agent" | "inspector";
  call_reasons: CallReason[];
  /** Number of the echo test; empty: the tenant has none. */
  echo_code: string;
  screen_pops: ScreenPop[];
}

/** Why customers call: one node of a tree; parents stand before their children. */
export interface CallReason {
  id: number;
  name: string;
  /** 0: at the top. */
  parent: number;
}

/** A page of the tenant's own that opens with a call. */
export interface ScreenPop {
  name: string;
  url: string;
  place: "frame" | "tab";
  at: "ringing" | "talking";
  parameters: { name: string; source: string }[];
}

const TIMEOUT_MS = 15_000;
export const API_PATH = "/api/v1";

export interface ApiRequest {
  body?: object;
  headers?: Record<string, string>;
}

/** @throws ApiError when the server refuses, ServerLostError when it is not there */
export async function apiRequest<T>(
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  { body, headers = {} }: ApiRequest = {},
): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`${API_PATH}${path}`, {
      method,
      headers: body ? { "Content-Type": "application/json", ...headers } : headers,
      body: body ? JSON.stringify(body) : undefined,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      cache: "no-store",
    });
  } catch {
    throw new ServerLostError(null);
  }
  if (response.status === 204) return undefined as T;
  const answer = (await response.json().catch(() => null)) as Record<string, unknown> | null;
  if (answer === null) throw new ServerLostError(response.status);
  if (response.ok) return answer as T;
  // FastAPI wraps what a handler raises in "detail".
  const detail = (
    typeof answer.detail === "object" && answer.detail !== null ? answer.detail : answer
  ) as Record<string, unknown>;
  const seconds = Number(detail.retry_after_s ?? response.headers.get("Retry-After") ?? Number.NaN);
  throw new ApiError(
    response.status,
    String(detail.code ?? ""),
    String(detail.message ?? ""),
    Number.isFinite(seconds) ? seconds : null,
  );
}

export const serverInfo = () => apiRequest<ServerInfo>("GET", "/info");

/** @param to an access code */
export const newCaller = (to: string) => apiRequest<Caller>("POST", "/callers", { body: { to } });

export const agentAccount = (workno: string, password: string) =>
  apiRequest<AgentAccount>("POST", "/agent/session", { body: { workno, password } });

/** The address of the SIP WebSocket on the server that this page came from. */
export function sipSocketUrl(path: string, from: Pick<Location, "protocol" | "host"> = location): string {
  return `${from.protocol === "https:" ? "wss" : "ws"}://${from.host}${path}`;
}
