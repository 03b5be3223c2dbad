/** Before and after a call: subject, button, and what became of the last call. */

import type { ServerInfo } from "@opencec/api-client";
import { duration, Icon, useText } from "@opencec/ui";
import { type ReactNode, useId } from "react";
import type { CallKey } from "../locales/en";
import css from "../page.module.css";
import type { CallSession, CallView } from "../session";

interface ReadyProps {
  view: CallView;
  session: CallSession;
  codes: NonNullable<ServerInfo["access_codes"]>;
  videoCode: string | undefined;
}

function Outcome({ view }: { view: CallView }): ReactNode {
  const text = useText<CallKey>();
  const { problem } = view;
  if (view.stage !== "ended") return null;
  return (
    <section className={css.outcome} role="status" data-testid="outcome" data-problem={problem ?? "none"}>
      <h2>{problem ? text(`problem.${problem}.title`) : text("call.ended")}</h2>
      {problem ? <p>{text(`problem.${problem}.text`)}</p> : null}
      {view.talkedMs > 0 ? <p>{text("call.ended.after", { time: duration(view.talkedMs) })}</p> : null}
    </section>
  );
}

export function Ready({ view, session, codes, videoCode }: ReadyProps): ReactNode {
  const text = useText<CallKey>();
  const chooser = useId();
  const known = codes.some((each) => each.code === view.to);
  const options = known ? codes : [{ code: view.to, name: text("call.code", { code: view.to }) }, ...codes];
  const label = text(view.stage === "ended" ? "call.again" : "call.start");
  return (
    <>
      <Outcome view={view} />
      {view.stage === "ready" ? (
        <div className={css.intro}>
          <h1>{text("call.heading")}</h1>
          <p>{text("call.lead")}</p>
        </div>
      ) : (
        <h1 className="sr-only">{text("call.heading")}</h1>
      )}
      <button
        type="button"
        className={css.start}
        onClick={() => void session.start()}
        aria-label={label}
        data-testid="call-start"
      >
        <Icon name="phone" size={56} />
      </button>
      <span className={css.startLabel} aria-hidden="true">
        {label}
      </span>
      {videoCode ? (
        <button
          type="button"
          className={css.video}
          onClick={() => void session.start({ videoCode })}
          data-testid="call-video"
        >
          <Icon name="video" size={22} /> {text("call.video")}
        </button>
      ) : null}
      <div className={css.chooser}>
        <label htmlFor={chooser}>{text("call.choose")}</label>
        <select
          id={chooser}
          value={view.to}
          onChange={(event) => session.choose(event.target.value)}
          data-testid="call-target"
        >
          {options.map((each) => (
            <option key={each.code} value={each.code}>
              {each.name}
            </option>
          ))}
        </select>
      </div>
    </>
  );
}
