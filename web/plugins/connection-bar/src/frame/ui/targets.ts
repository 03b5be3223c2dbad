/** Whom a call can go to, and how (agent-workbench.md 4 and 5). */

import type { Bar } from "../bar";
import type { Key } from "../locales/en";

export type Kind = "queue" | "agent" | "ivr" | "code" | "number";

export interface Mode {
  value: number;
  label: Key;
}

export interface Target {
  address: string;
  label: string;
}

interface KindOf {
  device: number;
  label: Key;
  transfer: readonly Mode[];
  /** Whether the interface offers it for a consultation. */
  consult: boolean;
}

const RELEASE = { value: 0, label: "mode.release" } as const;
const SUCCESS = { value: 2, label: "mode.success" } as const;

export const KINDS: Record<Kind, KindOf> = {
  agent: { device: 2, label: "kind.agent", transfer: [RELEASE, SUCCESS], consult: true },
  queue: { device: 1, label: "kind.queue", transfer: [RELEASE, SUCCESS], consult: true },
  ivr: {
    device: 3,
    label: "kind.ivr",
    transfer: [RELEASE, { value: 1, label: "mode.suspend" }],
    consult: false,
  },
  code: { device: 4, label: "kind.code", transfer: [RELEASE, SUCCESS], consult: false },
  number: {
    device: 5,
    label: "kind.number",
    transfer: [
      { value: 1, label: "mode.release" },
      SUCCESS,
      { value: 3, label: "mode.talk" },
      { value: 4, label: "mode.three" },
    ],
    consult: false,
  },
};

export const CONSULT_MODES: readonly Mode[] = [
  { value: 1, label: "mode.twoParty" },
  { value: 2, label: "mode.threeParty" },
];

const text = (row: Record<string, unknown>, name: string): string => String(row[name] ?? "");

/** The list of a kind; outside numbers have none. @throws whatever the gateway says */
export async function targetsOf(bar: Bar, kind: Kind): Promise<Target[]> {
  switch (kind) {
    case "agent": {
      const agents = await bar.colleagues();
      return agents.map(({ workno, name }) => ({
        address: workno,
        label: name ? `${name} (${workno})` : workno,
      }));
    }
    case "queue":
      return (bar.view.account?.queues ?? []).map(({ id, name }) => ({ address: String(id), label: name }));
    case "ivr": {
      const rows = await bar.devices("/ivrinfo");
      return rows.map((row) => ({
        address: text(row, "access"),
        label: text(row, "description") || text(row, "access"),
      }));
    }
    case "code": {
      const rows = await bar.devices("/innoinfo");
      return rows.map((row) => ({ address: text(row, "inno"), label: text(row, "inno") }));
    }
    case "number":
      return [];
  }
}

/** Those whose label or address has the words. */
export function search(targets: readonly Target[], words: string): Target[] {
  const wanted = words.trim().toLowerCase();
  return targets.filter(({ address, label }) => `${label} ${address}`.toLowerCase().includes(wanted));
}

export const NUMBER = /^[0-9*#]{1,24}$/;
