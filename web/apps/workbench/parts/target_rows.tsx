/** Rows of the list from which agents choose where a call goes. */

import type { Board, BoardAgent, Ivr } from "@opencec/api-client";
import { duration, type IconName, StateBadge, useNow } from "@opencec/ui";
import type { ReactNode } from "react";
import { boardState } from "./board_state";
import { useSession, type useWords } from "./context";
import { bare, isNumber } from "./fields";

export const KINDS = ["number", "agent", "queue", "ivr"] as const;
export type TargetKind = (typeof KINDS)[number];

export interface Target {
  kind: TargetKind;
  address: string;
  name: string;
}

export interface Row extends Target {
  icon: IconName;
  detail: ReactNode;
}

type Words = ReturnType<typeof useWords>;

/** Who can take a call now comes first. */
const ORDER: Record<BoardAgent["state"], number> = {
  idle: 0,
  wrap_up: 1,
  busy: 2,
  rest: 3,
  alerting: 4,
  talking: 5,
  signed_out: 6,
};

const fits = (wanted: string, ...texts: string[]) =>
  wanted === "" || texts.some((each) => each.toLowerCase().includes(wanted));

function AgentDetail({ agent }: { agent: BoardAgent }): ReactNode {
  const session = useSession();
  const now = useNow(session.clock.now);
  return <StateBadge state={boardState(agent.state)}>{duration(Math.max(0, now - agent.since))}</StateBadge>;
}

export function numberRows(typed: string, text: Words): Row[] {
  const number = bare(typed);
  if (!isNumber(number)) return [];
  return [
    { kind: "number", address: number, name: number, icon: "phoneOut", detail: text("targets.number") },
  ];
}

export function agentRows(board: Board | null, wanted: string, self: string): Row[] {
  return [...(board?.agents.values() ?? [])]
    .filter(({ state, workno }) => state !== "signed_out" && workno !== self)
    .filter(({ workno, name }) => fits(wanted, workno, name))
    .sort((a, b) => ORDER[a.state] - ORDER[b.state] || a.name.localeCompare(b.name))
    .map((agent) => ({
      kind: "agent",
      address: agent.workno,
      name: agent.name ? `${agent.name} · ${agent.workno}` : agent.workno,
      icon: "user",
      detail: <AgentDetail agent={agent} />,
    }));
}

export const queueRows = (board: Board | null, wanted: string, text: Words): Row[] =>
  (board?.queues ?? [])
    .filter(({ name }) => fits(wanted, name))
    .map(({ id, name, idle, signed_in, waiting }) => ({
      kind: "queue",
      address: String(id),
      name,
      icon: "queue",
      detail: text("targets.queue", { idle, total: signed_in, waiting }),
    }));

export const ivrRows = (ivrs: readonly Ivr[], wanted: string): Row[] =>
  ivrs
    .filter(({ description, access }) => fits(wanted, description, access))
    .map(({ access, description }) => ({
      kind: "ivr",
      address: access,
      name: description,
      icon: "keypad",
      detail: access,
    }));
