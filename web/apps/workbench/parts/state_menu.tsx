/** The agent's state with its timer, and the way to change it. */

import { Menu } from "@mantine/core";
import { activeCall, heldCalls } from "@opencec/agent-calls";
import { duration, Icon, type ShownState, stateClass, stateIcon, stateWord, useNow } from "@opencec/ui";
import type { ReactNode } from "react";
import { type Action, situationOf } from "../session/buttons";
import type { View } from "../session/view";
import { useRun } from "./call_buttons";
import { phoneHint, useAvailability, useSession, useView, useWords } from "./context";
import css from "./state_menu.module.css";

export function shownState(view: View): ShownState {
  if (view.stage !== "working") return "out";
  const situation = situationOf(view.model, phoneHint(view));
  if (situation === "alerting" || situation === "ringing") return "ringing";
  if (situation === "held") return "hold";
  return view.model.state === "call" ? "talking" : view.model.state;
}

/** When the shown state began: a talk counts from its first word, not from its last hold. */
function shownSince({ model }: View): number {
  const call = activeCall(model) ?? heldCalls(model)[0];
  // The phone may ring a moment before the agent's state says so.
  if (model.state !== "call") return call?.offeredAt ?? model.since;
  return call?.talkingAt ?? model.since;
}

/** Menus start at their first item that is on, so that arrows and Escape work at once. */
const FIRST = { "data-autofocus": true };

interface ItemProps {
  action: Action;
  first: boolean;
  onClick?: () => void;
  children?: ReactNode;
}

function Item({ action, first, onClick, children }: ItemProps): ReactNode {
  const text = useWords();
  const run = useRun();
  const { enabled, reason } = useAvailability()(action);
  return (
    <Menu.Item
      disabled={!enabled}
      title={enabled ? undefined : reason}
      {...(first ? FIRST : {})}
      onClick={onClick ?? (() => run(action))}
      data-testid={`state-${action}`}
    >
      {children ?? text(`action.${action}`)}
    </Menu.Item>
  );
}

function Items(): ReactNode {
  const text = useWords();
  const session = useSession();
  const { account, model } = useView();
  const availability = useAvailability();
  const reasons = account?.busy_reasons ?? [];
  const resting = availability("endRest").enabled || model.state === "rest";
  const wrapping = model.state === "wrapup";
  const shown: Action[] = ["ready", "busy", resting ? "endRest" : "rest", wrapping ? "endWork" : "work"];
  const first = shown.find((action) => availability(action).enabled);
  return (
    <>
      <Item action="ready" first={first === "ready"} />
      <Menu.Divider />
      <Item action="busy" first={first === "busy"} onClick={() => void session.busy(0)}>
        {reasons.length ? text("busy.none") : text("action.busy")}
      </Item>
      {reasons.map(({ id, name }) => (
        <Menu.Item
          key={id}
          disabled={!availability("busy").enabled}
          title={availability("busy").reason || undefined}
          onClick={() => void session.busy(id)}
          data-testid={`state-busy-${id}`}
        >
          {text("busy.change", { reason: name })}
        </Menu.Item>
      ))}
      <Menu.Divider />
      <Item action={resting ? "endRest" : "rest"} first={first === "rest" || first === "endRest"} />
      <Menu.Divider />
      <Item action={wrapping ? "endWork" : "work"} first={first === "work" || first === "endWork"} />
    </>
  );
}

export function StateMenu(): ReactNode {
  const text = useWords();
  const session = useSession();
  const view = useView();
  const now = useNow(session.clock.now);
  const state = shownState(view);
  const word = text(stateWord(state));
  const { requested } = view.model;
  return (
    <div className={css.box}>
      <Menu position="bottom-start" width={232}>
        <Menu.Target>
          <button
            type="button"
            className={`${css.state} ${stateClass(state)}`}
            data-testid="agent-state"
            data-state={state}
          >
            <Icon name={stateIcon(state)} size={18} />
            <span className={css.word}>{word}</span>
            <span className={css.timer} data-testid="state-timer">
              {duration(now - shownSince(view))}
            </span>
            <span className="sr-only">{text("state.choose")}</span>
            <Icon name="chevron" size={16} />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Items />
        </Menu.Dropdown>
      </Menu>
      {requested ? (
        <span
          className={`${css.requested} ${stateClass(requested)}`}
          data-testid="requested-state"
          data-state={requested}
        >
          {text(`requested.${requested}`)}
        </span>
      ) : null}
      <span className="sr-only" role="status">
        {word}
      </span>
    </div>
  );
}
