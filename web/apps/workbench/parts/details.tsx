/** The right panel: what is known about the contact. */

import { timeOfDay, useLanguage } from "@opencec/ui";
import type { ReactNode } from "react";
import type { WorkbenchKey } from "../locales/en";
import { activeCall, heldCalls, otherNumber } from "../session/model";
import { LogRow } from "./contacts";
import { useView, useWords } from "./context";
import css from "./details.module.css";

export function Details(): ReactNode {
  const text = useWords();
  const language = useLanguage();
  const { model, account } = useView();
  const call = activeCall(model) ?? heldCalls(model)[0] ?? null;
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
  const number = otherNumber(call, account?.workno ?? "");
  const earlier = model.log.filter((entry) => entry.number !== "" && entry.number === number);
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
          <ul className={css.list}>
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
