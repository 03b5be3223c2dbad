/** What the agent writes down about the contact, during the call and after it; kept as it is written. */

import { Textarea } from "@mantine/core";
import type { CallReason } from "@opencec/api-client";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { NO_NOTE, type Note, notedCall } from "../session/model";
import { useSession, useView, useWords } from "./context";
import css from "./notes.module.css";

const LONGEST = 300;
const KEEP_AFTER_MS = 800;
const RETRY_MS = 4_000;

type Kept = "kept" | "typing" | "failed" | "";

/** Writes a note a moment after the last change, and at once when the part goes away. */
function useKeeping(callid: string): [Kept, (note: Note) => void] {
  const session = useSession();
  const [kept, setKept] = useState<Kept>("");
  const waiting = useRef<{ note: Note; timer: ReturnType<typeof setTimeout> } | null>(null);
  const keep = useCallback(async () => {
    const next = waiting.current;
    if (!next) return;
    clearTimeout(next.timer);
    waiting.current = null;
    const worked = await session.write(callid, next.note);
    if (waiting.current) return;
    setKept(worked ? "kept" : "failed");
    if (!worked) waiting.current = { note: next.note, timer: setTimeout(() => void keep(), RETRY_MS) };
  }, [session, callid]);
  useEffect(() => () => void keep(), [keep]);
  const change = (note: Note) => {
    clearTimeout(waiting.current?.timer);
    waiting.current = { note, timer: setTimeout(() => void keep(), KEEP_AFTER_MS) };
    setKept("typing");
  };
  return [kept, change];
}

interface ReasonsProps {
  reasons: readonly CallReason[];
  chosen: readonly number[];
  onChange: (chosen: number[]) => void;
}

/** Groups by their parents; a reason without children stands for itself. */
function Reasons({ reasons, chosen, onChange }: ReasonsProps): ReactNode {
  const text = useWords();
  const toggle = (id: number) =>
    onChange(chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id]);
  const chip = ({ id, name }: CallReason) => (
    <label key={id} className={css.chip}>
      <input
        type="checkbox"
        checked={chosen.includes(id)}
        onChange={() => toggle(id)}
        data-testid={`reason-${id}`}
      />
      <span>{name}</span>
    </label>
  );
  const tree = (parent: number): ReactNode => {
    const level = reasons.filter((each) => each.parent === parent);
    const leaves = level.filter(({ id }) => !reasons.some((each) => each.parent === id));
    const groups = level.filter((each) => !leaves.includes(each));
    return (
      <>
        {groups.map((group) => (
          <fieldset key={group.id} className={css.group}>
            <legend>{group.name}</legend>
            {tree(group.id)}
          </fieldset>
        ))}
        {leaves.length ? <div className={css.chips}>{leaves.map(chip)}</div> : null}
      </>
    );
  };
  return (
    <fieldset className={css.reasons}>
      <legend>{text("notes.reasons")}</legend>
      {tree(0)}
    </fieldset>
  );
}

function NoteForm({ callid }: { callid: string }): ReactNode {
  const text = useWords();
  const { account, model, follows } = useView();
  const [draft, setDraft] = useState<Note>(model.notes[callid] ?? NO_NOTE);
  const [kept, keep] = useKeeping(callid);
  const change = (next: Note) => {
    setDraft(next);
    keep(next);
  };
  const reasons = account?.call_reasons ?? [];
  return (
    <section className={css.notes} aria-label={text("notes.heading")} data-testid="notes">
      <Textarea
        label={text("notes.label")}
        rows={3}
        classNames={{ input: css.field }}
        maxLength={LONGEST}
        readOnly={follows}
        value={draft.note}
        onChange={({ currentTarget }) => change({ ...draft, note: currentTarget.value })}
        data-testid="note"
      />
      {reasons.length ? (
        <Reasons
          reasons={reasons}
          chosen={draft.reasons}
          onChange={(chosen) => !follows && change({ ...draft, reasons: chosen })}
        />
      ) : null}
      <p className={css.kept} role="status" data-kept={kept} data-testid="note-kept">
        {kept ? text(`notes.${kept}`) : "\u00a0"}
        <span>{`${draft.note.length} / ${LONGEST}`}</span>
      </p>
    </section>
  );
}

/** Nothing when no customer was talked to. */
export function Notes(): ReactNode {
  const callid = notedCall(useView().model)?.callid;
  return callid ? <NoteForm key={callid} callid={callid} /> : null;
}
