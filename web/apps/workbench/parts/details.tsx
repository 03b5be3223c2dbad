/** The right panel: what is known about the contact. */

import { activeCall, heldCalls, otherNumber } from "@opencec/agent-calls";
import { timeOfDay, useLanguage } from "@opencec/ui";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { WorkbenchKey } from "../locales/en";
import type { LogEntry } from "../session/model";
import { LogRow } from "./contacts";
import { useSession, useView, useWords } from "./context";
import css from "./details.module.css";
import { merge, toEntry } from "./today";

const EARLIER = 10;

/** The last contacts with this number: the server's, and those of this session that it does not have yet. */
function useEarlier(number: string): LogEntry[] {
  const session = useSession();
  const { account, model, follows } = useView();
  const { data = [] } = useQuery({
    queryKey: ["contacts", account?.workno, "number", number],
    queryFn: async () =>
      (await session.desk?.contacts({ number, limit: EARLIER }))?.contacts.map(toEntry) ?? [],
    enabled: number !== "" && session.desk !== null && !follows,
    staleTime: 30_000,
  });
  if (!number) return [];
  return merge(
    data,
    model.log.filter((entry) => entry.number === number),
  ).slice(0, EARLIER);
}

export function Details(): ReactNode {
  const text = useWords();
  const language = useLanguage();
  const { model, account } = useView();
  const call = activeCall(model) ?? heldCalls(model)[0] ?? null;
  const number = call ? otherNumber(call, account?.workno ?? "") : "";
  const earlier = useEarlier(number);
  if (!call) {
    return (
      <section className={css.section} aria-label={text("panel.details")}>
        <p className={css.muted}>{text("detail.empty")}</p>
      </section>
    );
  }
  const rows: [WorkbenchKey, string][] = [
    ["detail.caller", call.caller],
    ["detail.called", call.called],
    ["detail.queue", call.queue],
    ["detail.began", call.beganAt === null ? "" : timeOfDay(call.beganAt, language)],
    ["detail.callid", call.callid],
    ["detail.data", call.data],
  ];
  return (
    <>
      <section className={css.section} aria-label={text("panel.details")}>
        <dl className={css.rows} data-testid="details">
          {rows.map(([key, value]) =>
            value ? (
              <div key={key}>
                <dt>{text(key)}</dt>
                <dd>{value}</dd>
              </div>
            ) : null,
          )}
        </dl>
      </section>
      <section className={css.section} aria-labelledby="earlier">
        <h2 id="earlier">{text("detail.earlier")}</h2>
        {earlier.length ? (
          <ul className={css.list} data-testid="earlier">
            {earlier.map((entry) => (
              <LogRow key={`${entry.callid}-${entry.at}`} entry={entry} />
            ))}
          </ul>
        ) : (
          <p className={css.muted}>{text("detail.earlier.none")}</p>
        )}
      </section>
    </>
  );
}
