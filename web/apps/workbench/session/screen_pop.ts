/** The tenant's own pages that open with a call: their addresses. */

import { isInternal, isOutbound } from "@opencec/agent-calls";
import type { AgentAccount, ScreenPop } from "@opencec/api-client";
import type { Call } from "./model";

const direction = (call: Call): string =>
  isInternal(call) ? "internal" : isOutbound(call) ? "outbound" : "inbound";

/** Values of a call by the names that the documented parameters use. */
const SOURCES: Record<string, (call: Call, account: AgentAccount) => string> = {
  callerNum: (call) => call.caller,
  calledNum: (call) => (isOutbound(call) ? call.called : call.accessCode || call.called),
  callid: (call) => call.callid,
  queueId: (call) => (call.queueId ? String(call.queueId) : ""),
  queueName: (call) => call.queue,
  callData: (call) => call.data,
  workNo: (_, account) => account.workno,
  agentName: (_, account) => account.name,
  direction,
};

/** The address with its parameters, escaped; null for anything but a web page. */
export function popUrl(pop: ScreenPop, call: Call, account: AgentAccount): string | null {
  let url: URL;
  try {
    url = new URL(pop.url);
  } catch {
    return null;
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return null;
  for (const { name, source } of pop.parameters) {
    url.searchParams.append(name, SOURCES[source]?.(call, account) ?? "");
  }
  return url.href;
}

/** Whether a page is due in this phase of a call. */
export const isDue = (pop: ScreenPop, call: Call): boolean =>
  !isInternal(call) &&
  (call.phase === "talking" || call.phase === "held" || (pop.at === "ringing" && call.phase === "ringing"));
