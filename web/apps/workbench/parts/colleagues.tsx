/** Chooses a colleague: those who could take a call now, or any number typed. */

import { Skeleton, TextInput } from "@mantine/core";
import { StateBadge } from "@opencec/ui";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import css from "./colleagues.module.css";
import { useSession, useWords } from "./context";

const REFRESH_MS = 3_000;
const WRAP_UP = 5;

interface ColleaguesProps {
  label: string;
  value: string;
  onChange: (workno: string) => void;
  onBlur: () => void;
  error: string | null;
  testId: string;
}

export function Colleagues({ label, value, onChange, onBlur, error, testId }: ColleaguesProps): ReactNode {
  const text = useWords();
  const session = useSession();
  const list = useQuery({
    queryKey: ["colleagues"],
    queryFn: session.colleagues,
    refetchInterval: REFRESH_MS,
  });
  const wanted = value.trim().toLowerCase();
  const shown = (list.data ?? []).filter(
    ({ workno, name }) => workno.startsWith(wanted) || name.toLowerCase().includes(wanted),
  );
  return (
    <div className={css.box}>
      <TextInput
        label={label}
        description={text("colleagues.help")}
        autoComplete="off"
        data-autofocus
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        onBlur={onBlur}
        error={error}
        data-testid={testId}
      />
      {list.isPending ? <Skeleton height={88} /> : null}
      {list.data && shown.length === 0 ? <p className={css.none}>{text("colleagues.none")}</p> : null}
      {shown.length ? (
        <ul className={css.list} aria-label={text("colleagues.list")}>
          {shown.map(({ workno, name, status }) => (
            <li key={workno}>
              <button
                type="button"
                aria-pressed={workno === value}
                onClick={() => onChange(workno)}
                data-testid={`colleague-${workno}`}
              >
                <span className={css.name}>{name || workno}</span>
                <span className={css.workno}>{workno}</span>
                <StateBadge state={status === WRAP_UP ? "wrapup" : "idle"} />
              </button>
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}
