/** What a reload of the page needs: kept for this tab and site, gone when the tab closes. */

import type { Model } from "./model";

export interface Kept {
  workno: string;
  guid: string;
  instanceId: string;
  mode: "browser" | "own";
  model: Model;
  seen: readonly string[];
}

const KEY = "opencec.connection-bar";
const MODE = "opencec.connection-bar.mode";

/** Storage may be forbidden to frames of other origins; then a reload means signing in again. */
function attempt<T>(work: () => T, otherwise: T): T {
  try {
    return work();
  } catch {
    return otherwise;
  }
}

export const readKept = (): Kept | null =>
  attempt(() => JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Kept | null, null);

export const writeKept = (kept: Kept | null): void =>
  attempt(() => {
    if (kept) sessionStorage.setItem(KEY, JSON.stringify(kept));
    else sessionStorage.removeItem(KEY);
  }, undefined);

export const readMode = (): "browser" | "own" =>
  attempt(() => (localStorage.getItem(MODE) === "own" ? "own" : "browser"), "browser");

export const writeMode = (mode: "browser" | "own"): void =>
  attempt(() => localStorage.setItem(MODE, mode), undefined);
