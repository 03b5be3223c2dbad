/** For inspectors: who does what, live, and the ways to listen in and to help. */

import { Button, Menu, Modal, SegmentedControl, TextInput } from "@mantine/core";
import type { Board, BoardAgent, BoardCall, InspectionMode } from "@opencec/api-client";
import { duration, Icon, StateBadge, useNow } from "@opencec/ui";
import { type ReactNode, useState } from "react";
import { boardState } from "./board_state";
import { useSession, useView, useWords } from "./context";
import { Form } from "./fields";
import { usePartyName } from "./party";
import css from "./team.module.css";
import { useBoard } from "./use_board";

const MODES: readonly InspectionMode[] = ["listen", "whisper", "insert"];
const ORDER: Record<BoardAgent["state"], number> = {
  talking: 0,
  alerting: 1,
  wrap_up: 2,
  idle: 3,
  busy: 4,
  rest: 5,
  signed_out: 6,
};

/** The bar of a running inspection: change it, take the call over, or leave. */
function Running({ board }: { board: Board }): ReactNode {
  const text = useWords();
  const session = useSession();
  const { model, pending } = useView();
  const { inspecting } = model;
  if (!inspecting) return null;
  const name = board.agents.get(inspecting.workno)?.name ?? inspecting.workno;
  const busy = pending.has("inspect");
  return (
    <div className={css.running} role="status" data-testid="inspecting">
      <span>
        <Icon name="ear" size={18} /> {text("team.running", { name })}
      </span>
      <SegmentedControl
        size="xs"
        aria-label={text("team.mode")}
        value={inspecting.mode}
        disabled={busy}
        onChange={(mode) => void session.inspect({ ...inspecting, mode: mode as InspectionMode })}
        data={MODES.map((mode) => ({ value: mode, label: text(`team.${mode}`) }))}
        data-testid="inspection-mode"
      />
      <Button
        size="compact-sm"
        variant="default"
        disabled={busy}
        onClick={() => void session.intercept()}
        data-testid="intercept"
      >
        {text("team.intercept")}
      </Button>
      <Button
        size="compact-sm"
        disabled={busy}
        onClick={() => void session.endInspection()}
        data-testid="end-inspection"
      >
        {text("team.leave")}
      </Button>
    </div>
  );
}

function CallCell({ call }: { call: BoardCall | undefined }): ReactNode {
  const text = useWords();
  const session = useSession();
  const partyName = usePartyName();
  const now = useNow(session.clock.now, call !== undefined);
  if (!call) return <span className={css.none}>–</span>;
  const number = call.direction === "outbound" ? call.called : call.caller;
  return (
    <span className={css.call}>
      <span>{partyName(number)}</span>
      <span className={css.sub}>
        {text(call.state === "held" ? "team.held" : "team.talked", {
          time: duration(Math.max(0, now - call.began_at)),
        })}
      </span>
    </span>
  );
}

interface Question {
  words: string;
  submit: string;
  act: () => void;
}

/** Asks before something that ends a call. */
function Sure({ asked, close }: { asked: Question | null; close: () => void }): ReactNode {
  const text = useWords();
  const send = () => {
    close();
    asked?.act();
  };
  return (
    <Modal
      opened={asked !== null}
      onClose={close}
      title={asked?.words}
      transitionProps={{ duration: 0 }}
      closeButtonProps={{ "aria-label": text("common.close") }}
    >
      <Form onSubmit={send} onCancel={close} submit={asked?.submit ?? ""} busy={false} testId="sure-form">
        {null}
      </Form>
    </Modal>
  );
}

function Actions({ agent, call }: { agent: BoardAgent; call: BoardCall | undefined }): ReactNode {
  const text = useWords();
  const session = useSession();
  const { model, pending, follows } = useView();
  const { workno } = agent;
  const mine = model.inspecting?.workno === workno;
  const free = model.state === "idle" || model.inspecting !== null;
  const off = follows || pending.has("inspect");
  const [asked, setAsked] = useState<Question | null>(null);
  const ask = (words: string, submit: string, act: () => void) => setAsked({ words, submit, act });
  return (
    <span className={css.actions}>
      {!mine
        ? MODES.map((mode) => (
            <Button
              key={mode}
              size="compact-xs"
              variant="default"
              disabled={off || !free}
              title={free ? undefined : text("team.idle.first")}
              onClick={() => void session.inspect({ workno, mode })}
              data-testid={`${mode}-${workno}`}
            >
              {text(`team.${mode}`)}
            </Button>
          ))
        : null}
      <Sure asked={asked} close={() => setAsked(null)} />
      <Menu position="bottom-end" width={220}>
        <Menu.Target>
          <Button
            size="compact-xs"
            variant="default"
            disabled={follows || pending.has("force")}
            aria-label={text("team.more", { name: agent.name || workno })}
            data-testid={`more-${workno}`}
          >
            ⋯
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => void session.force({ workno, what: "idle" })} data-testid="force-idle">
            {text("team.force.idle")}
          </Menu.Item>
          <Menu.Item onClick={() => void session.force({ workno, what: "busy" })} data-testid="force-busy">
            {text("team.force.busy")}
          </Menu.Item>
          <Menu.Divider />
          {call ? (
            <Menu.Item
              color="red"
              onClick={() =>
                ask(text("team.drop.sure"), text("team.drop"), () => void session.dropCall(call.callid))
              }
            >
              {text("team.drop")}
            </Menu.Item>
          ) : null}
          <Menu.Item
            color="red"
            onClick={() =>
              ask(
                text("team.force.logout.sure", { name: agent.name || workno }),
                text("team.force.logout"),
                () => void session.force({ workno, what: "logout" }),
              )
            }
            data-testid="force-logout"
          >
            {text("team.force.logout")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </span>
  );
}

/** Busy reason of an agent whose phone is not connected. */
const PHONE_UNAVAILABLE = 5;

function AgentRow({ agent, call }: { agent: BoardAgent; call: BoardCall | undefined }): ReactNode {
  const text = useWords();
  const session = useSession();
  const { account, model } = useView();
  const now = useNow(session.clock.now);
  const signedIn = agent.state !== "signed_out";
  return (
    <tr
      data-testid={`team-${agent.workno}`}
      data-state={agent.state}
      data-mine={model.inspecting?.workno === agent.workno}
    >
      <th scope="row">
        {agent.name || agent.workno} <span className={css.sub}>{agent.workno}</span>
      </th>
      <td>
        <StateBadge state={boardState(agent.state)}>
          {signedIn ? duration(Math.max(0, now - agent.since)) : null}
        </StateBadge>
        {agent.state === "busy" && agent.busy_reason === PHONE_UNAVAILABLE ? (
          <span className={css.sub}> {text("team.no_phone")}</span>
        ) : null}
        {agent.state === "idle" && !agent.is_available ? (
          <span className={css.sub}> {text("team.takes_no_calls")}</span>
        ) : null}
      </td>
      <td>
        <CallCell call={call} />
      </td>
      <td>
        {signedIn && agent.workno !== account?.workno && agent.role !== "inspector" ? (
          <Actions agent={agent} call={call} />
        ) : null}
      </td>
    </tr>
  );
}

function Queues({ board }: { board: Board }): ReactNode {
  const text = useWords();
  return (
    <ul className={css.queues} aria-label={text("team.queues")}>
      {board.queues.map(({ id, name, waiting, idle, signed_in }) => (
        <li key={id} data-alarm={waiting > 0 && idle === 0}>
          <strong>{name}</strong>
          <span>{text("team.waiting", { count: waiting })}</span>
          <span>{text("team.idle", { idle, total: signed_in })}</span>
        </li>
      ))}
    </ul>
  );
}

/** Own, supervisor's place: shown instead of the idle card. */
export function Team(): ReactNode {
  const text = useWords();
  const board = useBoard();
  const [wanted, setWanted] = useState("");
  const [everybody, setEverybody] = useState(false);
  if (!board) return <p className={css.loading}>{text("team.loading")}</p>;
  const calls = new Map<string, BoardCall>();
  for (const call of board.calls.values()) for (const workno of call.agents) calls.set(workno, call);
  const word = wanted.trim().toLowerCase();
  const shown = [...board.agents.values()]
    .filter(({ state }) => everybody || state !== "signed_out")
    .filter(({ workno, name }) => workno.startsWith(word) || name.toLowerCase().includes(word))
    .sort((a, b) => ORDER[a.state] - ORDER[b.state] || a.workno.localeCompare(b.workno));
  return (
    <section className={css.team} aria-labelledby="team-heading" data-testid="team">
      <header className={css.head}>
        <h2 id="team-heading">{text("team.heading")}</h2>
        <TextInput
          size="xs"
          aria-label={text("team.search")}
          placeholder={text("team.search")}
          value={wanted}
          onChange={({ currentTarget }) => setWanted(currentTarget.value)}
        />
        <SegmentedControl
          size="xs"
          aria-label={text("team.who")}
          value={everybody ? "all" : "in"}
          onChange={(next) => setEverybody(next === "all")}
          data={[
            { value: "in", label: text("team.signedIn") },
            { value: "all", label: text("team.everybody") },
          ]}
        />
      </header>
      <Running board={board} />
      <Queues board={board} />
      <div className={css.scroll}>
        <table className={css.table}>
          <thead>
            <tr>
              <th scope="col">{text("team.agent")}</th>
              <th scope="col">{text("team.state")}</th>
              <th scope="col">{text("team.call")}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {shown.map((agent) => (
              <AgentRow key={agent.workno} agent={agent} call={calls.get(agent.workno)} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
