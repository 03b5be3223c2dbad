/** Keyboard shortcuts, and the list of them. */

import { Kbd, Modal, Switch } from "@mantine/core";
import { type ReactNode, useEffect, useState } from "react";
import type { WorkbenchKey } from "../locales/en";
import type { Action } from "../session/buttons";
import { useRun } from "./call_buttons";
import { useAvailability, useWords } from "./context";
import { useDialogs } from "./dialogs";
import css from "./dialogs.module.css";

/** One key each. Paired buttons share a key, as they share a place. */
export const SHORTCUTS: Partial<Record<Action, string>> = {
  answer: "a",
  reject: "r",
  hangUp: "e",
  hold: "h",
  retrieve: "h",
  mute: "m",
  unmute: "m",
  transfer: "t",
  dial: "d",
  consult: "k",
  takeBack: "k",
  threeWay: "3",
  connectHold: "j",
  callOut: "c",
  ready: "i",
  busy: "b",
  rest: "p",
  endRest: "p",
  work: "w",
  endWork: "w",
};

/** Single-key shortcuts can be switched off (WCAG 2.1.4); the choice stays in this browser. */
const KEY = "opencec.shortcuts";

function readOn(): boolean {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
}

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
    target.closest("[role=menu]") !== null);

export function Shortcuts(): ReactNode {
  const text = useWords();
  const availability = useAvailability();
  const run = useRun();
  const { shown, open, close } = useDialogs();
  const [on, setOn] = useState(readOn);

  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || typing(event.target)) return;
      if (event.key === "?") return open("shortcuts");
      if (!on || shown !== null) return;
      const key = event.key.toLowerCase();
      const actions = Object.keys(SHORTCUTS) as Action[];
      const action = actions.find((each) => SHORTCUTS[each] === key && availability(each).enabled);
      if (!action) return;
      event.preventDefault();
      run(action);
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  });

  const rows: [string, WorkbenchKey[]][] = [];
  for (const action of Object.keys(SHORTCUTS) as Action[]) {
    const key = SHORTCUTS[action] ?? "";
    const row = rows.find(([each]) => each === key);
    if (row) row[1].push(`action.${action}`);
    else rows.push([key, [`action.${action}`]]);
  }
  return (
    <Modal
      opened={shown === "shortcuts"}
      onClose={close}
      title={text("shortcuts.heading")}
      closeButtonProps={{ "aria-label": text("common.close") }}
    >
      <div data-testid="shortcuts">
        <Switch
          label={text("shortcuts.on")}
          checked={on}
          onChange={({ currentTarget }) => {
            setOn(currentTarget.checked);
            try {
              localStorage.setItem(KEY, currentTarget.checked ? "on" : "off");
            } catch {
              // The choice then lasts as long as the page.
            }
          }}
        />
        <dl className={css.keys}>
          <dt>
            <Kbd>?</Kbd>
          </dt>
          <dd>{text("shortcuts.show")}</dd>
          {rows.map(([key, labels]) => (
            <div key={key} className={css.row}>
              <dt>
                <Kbd>{key.toUpperCase()}</Kbd>
              </dt>
              <dd>{labels.map((label) => text(label)).join(" / ")}</dd>
            </div>
          ))}
        </dl>
      </div>
    </Modal>
  );
}
