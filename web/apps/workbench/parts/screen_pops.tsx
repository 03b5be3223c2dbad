/** The tenant's own pages beside a call: tabs of the right panel, or tabs of the browser. */

import { Button, Tabs } from "@mantine/core";
import { activeCall, heldCalls } from "@opencec/agent-calls";
import type { AgentAccount, ScreenPop } from "@opencec/api-client";
import { Icon } from "@opencec/ui";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { type Call, notedCall } from "../session/model";
import { isDue, popUrl } from "../session/screen_pop";
import { useView, useWords } from "./context";
import { Details } from "./details";
import css from "./screen_pops.module.css";

/** A page of the tenant's gets a frame of its own origin: it may run and log in there, and touch nothing of ours. */
const SANDBOX = "allow-scripts allow-same-origin allow-forms allow-popups allow-downloads allow-modals";

interface Open {
  pop: ScreenPop;
  url: string;
  callid: string;
}

/** Pages that are due now. The queue and the access code come a moment after a call's first event. */
function due(account: AgentAccount, call: Call): Open[] {
  if (call.beganAt === null) return [];
  return account.screen_pops
    .filter((pop) => isDue(pop, call))
    .map((pop) => ({ pop, url: popUrl(pop, call, account) ?? "", callid: call.callid }))
    .filter(({ url }) => url !== "");
}

/** Pages that calls have opened: each once for each call, the newest call's stay until wrap-up is over. */
function useOpened(): { opened: Open[]; blocked: Open | null; forget: () => void } {
  const view = useView();
  const { account, model, follows } = view;
  const done = useRef(new Set<string>());
  const [opened, setOpened] = useState<Open[]>([]);
  const [blocked, setBlocked] = useState<Open | null>(null);
  const call: Call | null = activeCall(model) ?? heldCalls(model)[0] ?? null;
  const working = call !== null || (model.state === "wrapup" && notedCall(model) !== null);

  useEffect(() => {
    if (!call || !account || follows) return;
    const fresh = due(account, call).filter(({ pop }) => !done.current.has(`${pop.name} ${call.callid}`));
    for (const open of fresh) {
      done.current.add(`${open.pop.name} ${open.callid}`);
      if (open.pop.place === "frame")
        setOpened((before) => [...before.filter((each) => each.pop.name !== open.pop.name), open]);
      else if (!openTab(open.url)) setBlocked(open);
    }
  }, [call, account, follows]);
  useEffect(() => {
    if (!working) setOpened([]);
  }, [working]);
  return { opened, blocked, forget: () => setBlocked(null) };
}

/** False when the browser blocks pop-ups. */
function openTab(url: string): boolean {
  const tab = window.open(url, "_blank");
  if (!tab) return false;
  tab.opener = null;
  return true;
}

/** The right panel: details, and beside them the pages that the call opened. */
export function SidePanel(): ReactNode {
  const text = useWords();
  const { opened, blocked, forget } = useOpened();
  const [chosen, setChosen] = useState<string | null>(null);
  const names = opened.map(({ pop }) => pop.name);
  const tab = chosen && (chosen === "details" || names.includes(chosen)) ? chosen : (names[0] ?? "details");
  const warning = blocked ? (
    <div className={css.blocked} role="alert" data-testid="pop-blocked">
      <p>{text("pop.blocked")}</p>
      <Button
        component="a"
        size="compact-sm"
        href={blocked.url}
        target="_blank"
        rel="noopener noreferrer"
        onClick={forget}
        rightSection={<Icon name="external" size={14} />}
      >
        {text("pop.open", { name: blocked.pop.name })}
      </Button>
    </div>
  ) : null;
  if (!opened.length)
    return (
      <>
        {warning}
        <Details />
      </>
    );
  return (
    <>
      {warning}
      <Tabs value={tab} onChange={setChosen} className={css.tabs} keepMounted>
        <Tabs.List>
          {names.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {name}
            </Tabs.Tab>
          ))}
          <Tabs.Tab value="details">{text("panel.details")}</Tabs.Tab>
        </Tabs.List>
        {opened.map(({ pop, url, callid }) => (
          <Tabs.Panel key={`${pop.name} ${callid}`} value={pop.name} className={css.panel}>
            <iframe
              className={css.frame}
              src={url}
              title={text("pop.frame", { name: pop.name })}
              sandbox={SANDBOX}
              referrerPolicy="no-referrer"
              data-testid="pop-frame"
            />
          </Tabs.Panel>
        ))}
        <Tabs.Panel value="details">
          <Details />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
