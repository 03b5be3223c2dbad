/** The bar's own server: sessions, and the addresses below the context path that the page was given. */

export interface BarAccount {
  session: string;
  renew_after_ms: number;
  page_origin: string;
  workno: string;
  name: string;
  /** Signs the agent in, for a minute. */
  ticket: string;
  sip: { user: string; password: string; domain: string } | null;
  queues: { id: number; name: string }[];
  rest_reasons: { id: number; name: string }[];
  busy_reasons: { id: number; name: string }[];
}

/** Our page is at `<context path>ccdesktop/pages/cc-bar/bar.html`; what an enterprise forwards is below that path. */
const contextPath = (): URL => new URL("../../../", location.href);

export const gatewayPath = (): string => new URL("agentgateway/resource", contextPath()).href;

export function sipUrl(): string {
  const url = new URL("sip", contextPath());
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

export class SessionOver extends Error {}

const TIMEOUT_MS = 15_000;

/** Shows the session, gets what it stands for. @throws SessionOver when the page has to load the bar again */
export async function renew(session: string): Promise<BarAccount> {
  const response = await fetch("session/renew", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ session }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
    cache: "no-store",
  });
  if (response.status === 401 || response.status === 403) throw new SessionOver();
  if (!response.ok) throw new Error(`server answered ${response.status}`);
  return (await response.json()) as BarAccount;
}
