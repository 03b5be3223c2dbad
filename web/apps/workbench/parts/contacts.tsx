/** The left panel: live contacts, ringing first, and the calls of this session. */

import { Button } from "@mantine/core";
import { isInternal, otherNumber } from "@opencec/agent-calls";
import { duration, Icon, type ShownState, StateBadge, timeOfDay, useLanguage, useNow } from "@opencec/ui";
import type { ReactNode } from "react";
import type { Call, LogEntry } from "../session/model";
import css from "./contacts.module.css";
import { phoneHint, useAvailability, useSession, useView, useWords } from "./context";
import { usePartyName } from "./party";

const ORDER = { alerting: 0, ringing: 0, dialing: 1, talking: 2, held: 3 } as const;
const STATE: Record<Call["phase"], ShownState> = {
  alerting: "ringing",
  ringing: "ringing",
  dialing: "talking",
  talking: "talking",
  held: "hold",
};

/** A call that the gateway has not announced yet, as the phone knows it. */
function useCalls(): Call[] {
  const view = useView();
  const { calls } = view.model;
  if (calls.length || !phoneHint(view).ringing || !view.phone.call)
    return [...calls].sort((a, b) => ORDER[a.phase] - ORDER[b.phase]);
  const { id, number } = view.phone.call;
  return [
    {
      callid: id,
      caller: number,
      called: "",
      feature: 0,
      phase: "alerting",
      queue: "",
      beganAt: null,
      offeredAt: Date.now(),
      talkingAt: null,
      heldAt: null,
      muted: false,
      transferred: false,
      data: "",
      accessCode: "",
      queueId: 0,
      path: [],
      partners: [],
      transferring: false,
    },
  ];
}

export function useOtherParty(): (call: Pick<Call, "feature" | "caller" | "called">) => string {
  const name = usePartyName();
  const { account, phone } = useView();
  return (call) => {
    const number = otherNumber(call, account?.workno ?? "") || phone.call?.number || "";
    return name(number, { internal: isInternal(call) });
  };
}

/** A held call among others is chosen by name, not by the one button of the bar. */
function HeldActions({ call }: { call: Call }): ReactNode {
  const text = useWords();
  const session = useSession();
  const availability = useAvailability();
  const three = availability("threeWay").enabled;
  return (
    <span className={css.actions}>
      <Button
        size="compact-sm"
        variant="default"
        disabled={!availability("retrieve").enabled}
        title={availability("retrieve").reason || undefined}
        onClick={() => void session.retrieve(call.callid)}
        data-testid={`retrieve-${call.callid}`}
      >
        {text("action.retrieve")}
      </Button>
      {three ? (
        <Button size="compact-sm" variant="default" onClick={() => void session.threeWay(call.callid)}>
          {text("action.threeWay")}
        </Button>
      ) : null}
    </span>
  );
}

function Row({ call, now }: { call: Call; now: number }): ReactNode {
  const name = useOtherParty()(call);
  const since = call.phase === "held" ? call.heldAt : (call.talkingAt ?? call.offeredAt);
  return (
    <li className={css.row} data-testid="contact-row" data-phase={call.phase}>
      <span className={css.name}>{name}</span>
      <span className={css.sub}>{call.queue || "\u00a0"}</span>
      <span className={css.badge}>
        <StateBadge state={STATE[call.phase]}>{duration(now - (since ?? now))}</StateBadge>
      </span>
      {call.phase === "held" ? <HeldActions call={call} /> : null}
    </li>
  );
}

export function Contacts(): ReactNode {
  const text = useWords();
  const session = useSession();
  const calls = useCalls();
  const now = useNow(session.clock.now, calls.length > 0);
  return (
    <section className={css.section} aria-labelledby="contacts-heading">
      <h2 id="contacts-heading">{text("contacts.heading")}</h2>
      {calls.length ? (
        <ul className={css.list}>
          {calls.map((call) => (
            <Row key={call.callid} call={call} now={now} />
          ))}
        </ul>
      ) : (
        <p className={css.empty}>{text("contacts.empty")}</p>
      )}
    </section>
  );
}

const OUTCOME_ICON = {
  answered: "phone",
  missed: "missed",
  rejected: "phoneDown",
  failed: "phoneOut",
  transferred: "transfer",
} as const;

export function LogRow({ entry }: { entry: LogEntry }): ReactNode {
  const text = useWords();
  const partyName = usePartyName();
  const language = useLanguage();
  return (
    <li className={css.entry} data-testid="log-row" data-outcome={entry.outcome}>
      <span className={css.icon} data-outcome={entry.outcome}>
        <Icon
          name={
            entry.outcome === "answered"
              ? entry.outbound
                ? "phoneOut"
                : "phoneIn"
              : OUTCOME_ICON[entry.outcome]
          }
          size={16}
        />
      </span>
      <span className={css.name}>{partyName(entry.number, { internal: entry.internal })}</span>
      <time className={css.when} dateTime={new Date(entry.at).toISOString()}>
        {timeOfDay(entry.at, language)}
      </time>
      <span className={css.sub}>
        {[
          text(`outcome.${entry.outcome}`),
          entry.queue,
          entry.talkedMs === null ? "" : duration(entry.talkedMs),
        ]
          .filter(Boolean)
          .join(" · ")}
      </span>
    </li>
  );
}
