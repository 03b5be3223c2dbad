/** The centre: the contact that needs the agent now, or what to do when there is none. */

import { Button } from "@mantine/core";
import { activeCall, heldCalls, isConsult, isInternal, isOutbound } from "@opencec/agent-calls";
import type { PathStep } from "@opencec/api-client";
import { duration, Icon, type IconName, StateBadge, useNow } from "@opencec/ui";
import type { ReactNode } from "react";
import { type Call, isConference } from "../session/model";
import css from "./contact_card.module.css";
import { useOtherParty } from "./contacts";
import { useAvailability, useSession, useView, useWords } from "./context";
import { Notes } from "./notes";
import { usePartyName } from "./party";
import { shownState } from "./state_menu";
import { VideoPart } from "./video_part";

function Ringing({ call, now }: { call: Call | null; now: number }): ReactNode {
  const text = useWords();
  const session = useSession();
  const { phone } = useView();
  const party = useOtherParty();
  const availability = useAvailability();
  const partyName = usePartyName();
  const name = call ? party(call) : partyName(phone.call?.name ?? "");
  return (
    <article className={`${css.card} ${css.ringing}`} data-testid="incoming">
      <StateBadge state="ringing" />
      <h2 className={css.number} data-testid="incoming-number">
        {name}
      </h2>
      <p className={css.facts}>
        {call?.queue ? <span data-testid="incoming-queue">{call.queue}</span> : null}
        {call?.beganAt ? (
          <span data-testid="incoming-waited">
            {text("card.waited", { time: duration(now - call.beganAt) })}
          </span>
        ) : null}
      </p>
      {call ? <Path steps={call.path} /> : null}
      <div className={css.answer}>
        <Button
          size="lg"
          color="green"
          leftSection={<Icon name="phone" size={22} />}
          disabled={!availability("answer").enabled}
          onClick={() => void session.answer()}
          data-testid="incoming-answer"
        >
          {text("action.answer")}
        </Button>
        <Button
          size="lg"
          variant="default"
          leftSection={<Icon name="phoneDown" size={22} />}
          disabled={!availability("reject").enabled}
          onClick={() => void session.reject()}
          data-testid="incoming-reject"
        >
          {text("action.reject")}
        </Button>
      </div>
    </article>
  );
}

/** What the caller chose in menus on the way here. */
function Path({ steps }: { steps: readonly PathStep[] }): ReactNode {
  const text = useWords();
  if (!steps.length) return null;
  return (
    <ol className={css.path} aria-label={text("card.path")} data-testid="call-path">
      {steps.map(({ menu, key, text: meaning }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the way is only ever appended to
        <li key={at} title={menu}>
          <kbd>{key}</kbd> {meaning || menu}
        </li>
      ))}
    </ol>
  );
}

function kindOf(
  call: Call,
): "card.internal" | "card.outbound" | "card.inbound" | "card.consult" | "card.conference" {
  if (isConference(call)) return "card.conference";
  if (isConsult(call)) return "card.consult";
  if (isInternal(call)) return "card.internal";
  return isOutbound(call) ? "card.outbound" : "card.inbound";
}

function Active({ call, now }: { call: Call; now: number }): ReactNode {
  const text = useWords();
  const partyName = usePartyName();
  const party = useOtherParty();
  const held = call.phase === "held";
  return (
    <article className={css.card} data-testid="active-call" data-phase={call.phase}>
      <StateBadge state={held ? "hold" : "talking"} />
      <h2 className={css.number} data-testid="call-number">
        {party(call)}
      </h2>
      <p className={css.timer} data-testid="call-timer">
        {call.talkingAt === null ? text("card.dialing") : duration(now - call.talkingAt)}
      </p>
      <p className={css.facts}>
        <span>{text(kindOf(call))}</span>
        {call.queue ? <span data-testid="call-queue">{call.queue}</span> : null}
        {held && call.heldAt !== null ? (
          <span data-testid="hold-timer">{text("card.held.for", { time: duration(now - call.heldAt) })}</span>
        ) : null}
        {call.partners.length ? (
          <span data-testid="partners">{call.partners.map((each) => partyName(each)).join(", ")}</span>
        ) : null}
      </p>
      <Path steps={call.path} />
      {call.muted ? (
        <p className={css.muted} data-testid="muted-note">
          <Icon name="micOff" /> {text("card.muted")}
        </p>
      ) : null}
      <VideoPart call={call} />
      <Notes />
    </article>
  );
}

interface EmptyProps {
  icon: IconName;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  testId: string;
}

function Empty({ icon, title, children, action, testId }: EmptyProps): ReactNode {
  return (
    <div className={css.empty} data-testid={testId}>
      <Icon name={icon} size={40} />
      <h2>{title}</h2>
      {children}
      {action}
    </div>
  );
}

function Queues(): ReactNode {
  const text = useWords();
  const { account } = useView();
  if (!account?.queues.length) return null;
  return (
    <div className={css.queues}>
      <span>{text("card.queues")}</span>
      <ul>
        {account.queues.map(({ id, name }) => (
          <li key={id}>{name}</li>
        ))}
      </ul>
    </div>
  );
}

function RestCard({ now }: { now: number }): ReactNode {
  const text = useWords();
  const session = useSession();
  const { model, account } = useView();
  const { enabled } = useAvailability()("endRest");
  const { rest } = model;
  const reason = account?.rest_reasons.find((each) => each.restReasonId === rest?.reason)?.restReason;
  const over = rest ? now > rest.until : false;
  const words = rest?.until
    ? text(over ? "card.rest.over" : "card.rest.left", { time: duration(Math.abs(rest.until - now)) })
    : null;
  return (
    <Empty
      icon="cup"
      title={reason ?? text("card.rest.title")}
      testId="rest-card"
      action={
        <Button onClick={() => void session.endRest()} disabled={!enabled} data-testid="end-rest">
          {text("action.endRest")}
        </Button>
      }
    >
      {words ? (
        <p className={over ? css.overdue : undefined} data-testid="rest-left">
          {words}
        </p>
      ) : null}
    </Empty>
  );
}

function WrapUpCard({ now }: { now: number }): ReactNode {
  const text = useWords();
  const session = useSession();
  const { model } = useView();
  const partyName = usePartyName();
  const { enabled } = useAvailability()("endWork");
  const last = model.log[0];
  const left = Math.max(0, model.wrapUpUntil - now);
  return (
    <article className={css.card} data-testid="wrapup-card">
      <StateBadge state="wrapup" />
      <h2 className={css.title}>{text("card.wrapup.title")}</h2>
      <p className={css.facts}>
        {last ? (
          <span>
            {text("card.wrapup.last", {
              number: partyName(last.number, { internal: last.internal }),
              time: duration(last.talkedMs ?? 0),
            })}
          </span>
        ) : null}
        <span data-testid="wrapup-left">
          {model.wrapUpUntil ? text("card.wrapup.left", { time: duration(left) }) : text("card.wrapup.text")}
        </span>
      </p>
      <Notes />
      <Button
        size="md"
        onClick={() => void session.endWork()}
        disabled={!enabled}
        data-testid="finish-wrapup"
      >
        {text("action.endWork")}
      </Button>
    </article>
  );
}

const KNOWN_REASONS = new Set([2, 3, 5, 7]);

function BusyCard(): ReactNode {
  const text = useWords();
  const session = useSession();
  const { model, account } = useView();
  const { enabled } = useAvailability()("ready");
  const { busyReason } = model;
  const own = account?.busy_reasons.find(({ id }) => id === busyReason)?.name;
  const known = KNOWN_REASONS.has(busyReason) ? text(`busy.reason.${busyReason as 2 | 3 | 5 | 7}`) : null;
  return (
    <Empty
      icon="minus"
      title={text("card.busy.title")}
      testId="busy-card"
      action={
        <Button onClick={() => void session.ready()} disabled={!enabled} data-testid="go-ready">
          {text("action.ready")}
        </Button>
      }
    >
      {own || known ? (
        <p data-testid="busy-reason">
          <strong>{own ?? known}</strong>
        </p>
      ) : null}
      <p>{text("card.busy.text")}</p>
    </Empty>
  );
}

export function ContactCard(): ReactNode {
  const text = useWords();
  const session = useSession();
  const view = useView();
  const now = useNow(session.clock.now);
  const { model } = view;
  const state = shownState(view);
  const call = activeCall(model) ?? heldCalls(model)[0] ?? null;
  if (state === "ringing") return <Ringing call={activeCall(model)} now={now} />;
  if (call) return <Active call={call} now={now} />;
  if (model.state === "call" && model.inspecting) return null;
  if (model.state === "call")
    return <Empty icon="phone" title={text("card.connecting")} testId="connecting-card" />;
  if (model.state === "rest") return <RestCard now={now} />;
  if (model.state === "wrapup") return <WrapUpCard now={now} />;
  if (model.state === "busy") return <BusyCard />;
  return (
    <Empty icon="headset" title={text("card.idle.title")} testId="idle-card">
      <p>{text("card.idle.text")}</p>
      <Queues />
    </Empty>
  );
}
