/** Chooses where a call goes: colleagues, queues, menus or a number, by one search field. */

import { Skeleton, TextInput } from "@mantine/core";
import { Icon } from "@opencec/ui";
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, type ReactNode, useRef, useState } from "react";
import { useSession, useView, useWords } from "./context";
import { bare, isNumber } from "./fields";
import {
  agentRows,
  ivrRows,
  KINDS,
  numberRows,
  queueRows,
  type Row,
  type Target,
  type TargetKind,
} from "./target_rows";
import css from "./targets.module.css";
import { useBoard } from "./use_board";

export type { Target, TargetKind };

const SHOWN = 60;

/** What fits the typed words: a number first, then people, queues and menus. */
function useRows(kinds: readonly TargetKind[], typed: string): { rows: Row[]; loading: boolean } {
  const text = useWords();
  const session = useSession();
  const { account } = useView();
  const board = useBoard();
  const ivrs = useQuery({ queryKey: ["ivrs"], queryFn: session.ivrs, enabled: kinds.includes("ivr") });
  const wanted = typed.trim().toLowerCase();
  const found: Record<TargetKind, () => Row[]> = {
    number: () => (wanted ? numberRows(typed, text) : []),
    agent: () => agentRows(board, wanted, account?.workno ?? ""),
    queue: () => queueRows(board, wanted, text),
    ivr: () => ivrRows(ivrs.data ?? [], wanted),
  };
  const rows = KINDS.filter((kind) => kinds.includes(kind)).flatMap((kind) => found[kind]());
  return { rows: rows.slice(0, SHOWN), loading: board === null };
}

interface TargetsProps {
  kinds: readonly TargetKind[];
  chosen: Target | null;
  onChoose: (target: Target | null) => void;
  /** A click on the chosen row, or Enter with one row left. */
  onTake: () => void;
  error: string | null;
}

export function Targets({ kinds, chosen, onChoose, onTake, error }: TargetsProps): ReactNode {
  const text = useWords();
  const [typed, setTyped] = useState("");
  const list = useRef<HTMLUListElement>(null);
  const { rows, loading } = useRows(kinds, typed);
  const type = (value: string) => {
    setTyped(value);
    const number = bare(value);
    const isTarget = kinds.includes("number") && isNumber(number);
    onChoose(isTarget ? { kind: "number", address: number, name: number } : null);
  };
  const buttons = () => [...(list.current?.querySelectorAll("button") ?? [])];
  const move = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = buttons();
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    all[Math.min(all.length - 1, Math.max(0, at + step))]?.focus();
  };
  const enter = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || chosen) return;
    event.preventDefault();
    const [first] = rows;
    if (first) onChoose(first);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrows move between the field and the list inside
    <div className={css.box} onKeyDown={move}>
      <TextInput
        label={text("targets.search")}
        description={text(kinds.includes("number") ? "targets.help.number" : "targets.help")}
        autoComplete="off"
        data-autofocus
        value={typed}
        onChange={(event) => type(event.currentTarget.value)}
        onKeyDown={enter}
        error={error}
        data-testid="target-search"
      />
      <div className={css.frame}>
        {loading ? <Skeleton height={140} /> : null}
        {!loading && rows.length === 0 ? <p className={css.none}>{text("targets.none")}</p> : null}
        <ul ref={list} className={css.list} aria-label={text("targets.list")}>
          {rows.map((row) => {
            const isChosen = chosen?.kind === row.kind && chosen.address === row.address;
            return (
              <li key={`${row.kind}-${row.address}`}>
                <button
                  type="button"
                  aria-pressed={isChosen}
                  onClick={() => (isChosen ? onTake() : onChoose(row))}
                  data-testid={`target-${row.kind}${row.kind === "number" ? "" : `-${row.address}`}`}
                >
                  <Icon name={row.icon} size={18} />
                  <span className={css.name}>{row.name}</span>
                  <span className={css.detail}>{row.detail}</span>
                </button>
              </li>
            );
          })}
        </ul>
      </div>
    </div>
  );
}
