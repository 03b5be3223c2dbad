/** What a reload of the page needs: kept in this tab only, gone when it closes. */

import type { AgentAccount } from "@opencec/api-client";
import type { Model } from "./model";
import type { Ended } from "./view";

export interface Kept {
  account: AgentAccount;
  guid: string;
  /** RFC 5626 instance of this tab's phone. */
  instanceId: string;
  model: Model;
  /** Fingerprints of events that were delivered already. */
  seen: readonly string[];
}

const KEY = "opencec.workbench";
const ENDED = "opencec.workbench.ended";

export function readKept(): Kept | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Kept | null;
  } catch {
    return null;
  }
}

/** Why the last session of this tab ended, so that a sign-in form that is loaded again still says it. */
export function readEnded(): Ended {
  try {
    const ended = sessionStorage.getItem(ENDED);
    return ended === "elsewhere" || ended === "expired" ? ended : null;
  } catch {
    return null;
  }
}

export function writeEnded(ended: Ended): void {
  try {
    if (ended) sessionStorage.setItem(ENDED, ended);
    else sessionStorage.removeItem(ENDED);
  } catch {
    // The reason is on the screen; only a reload forgets it.
  }
}

export function writeKept(kept: Kept | null): void {
  try {
    if (kept) sessionStorage.setItem(KEY, JSON.stringify(kept));
    else sessionStorage.removeItem(KEY);
  } catch {
    // Without storage a reload means signing in again, which is all that is lost.
  }
}
