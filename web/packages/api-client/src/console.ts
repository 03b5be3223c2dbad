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
}

const TIMEOUT_MS = 15_000;

/** @throws ApiError when the server refuses, ServerLostError when it is not there */
async function request<T>(method: "GET" | "POST", path: string, body?: object): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      headers: body ? { "Content-Type": "application/json" } : undefined,
      body: body ? JSON.stringify(body) : undefined,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      cache: "no-store",
    });
  } catch {
    throw new ServerLostError(null);
  }
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

export const serverInfo = () => request<ServerInfo>("GET", "/info");

/** @param to an access code */
export const newCaller = (to: string) => request<Caller>("POST", "/callers", { to });

export const agentAccount = (workno: string, password: string) =>
  request<AgentAccount>("POST", "/agent/session", { workno, password });

/** The address of the SIP WebSocket on the server that this page came from. */
export function sipSocketUrl(path: string, from: Pick<Location, "protocol" | "host"> = location): string {
  return `${from.protocol === "https:" ? "wss" : "ws"}://${from.host}${path}`;
}
