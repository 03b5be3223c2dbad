/** What a signed-in agent sees; fetched while the session opens, so that the first visit stays light. */

import { Tabs } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import type { DeskChat } from "@opencec/api-client";
import { lazy, type ReactNode, Suspense, useEffect } from "react";
import { useSearchParams } from "react-router";
import { ChatList } from "./chats/chat_list";
import { ChatsProvider, useChats } from "./chats/context";
import { Conversation, useChosen } from "./chats/conversation";
import { ChatSide } from "./chats/side";
import css from "./page.module.css";
import { AudioDialog } from "./parts/audio_dialog";
import { Banners } from "./parts/banners";
import { CallDialog } from "./parts/call_dialog";
import { ConsultDialog } from "./parts/consult_dialog";
import { ContactCard } from "./parts/contact_card";
import { Contacts } from "./parts/contacts";
import { useView, useWords } from "./parts/context";
import { DialDialog } from "./parts/dial_dialog";
import { DialogProvider } from "./parts/dialogs";
import { RestDialog } from "./parts/rest_dialog";
import { SidePanel } from "./parts/screen_pops";
import { Shortcuts } from "./parts/shortcuts";
import { shownState } from "./parts/state_menu";
import { Today } from "./parts/today";
import { TopBar } from "./parts/top_bar";
import { TransferDialog } from "./parts/transfer_dialog";
import { useRinging } from "./parts/use_ringing";

/** For inspectors alone. */
const Team = lazy(() => import("./parts/team").then((module) => ({ default: module.Team })));

/** Focusable, so that a keyboard can scroll it. */
const SCROLLABLE = { tabIndex: 0 };

const PANELS = ["contacts", "contact", "details"] as const;
type Panel = (typeof PANELS)[number];

/** The chosen panel is part of the address, so that it survives a reload and the back button works. */
function usePanel(): [Panel, (panel: Panel) => void] {
  const [params, setParams] = useSearchParams();
  const asked = params.get("panel");
  const panel = PANELS.find((each) => each === asked) ?? "contact";
  return [panel, (next) => setParams({ panel: next }, { replace: true })];
}

/** What the centre shows: an open chat takes the place of an idle phone, and stands below a call. */
function useCentre(): { chat: DeskChat | null; isPhoneShown: boolean } {
  const { model } = useView();
  const chat = useChosen();
  return { chat, isPhoneShown: !chat || model.calls.length > 0 || model.state === "wrapup" };
}

/** An inspector sees the team, above the contact when there is one. */
function Centre(): ReactNode {
  const { account, model } = useView();
  const { chat, isPhoneShown } = useCentre();
  const inspector = account?.role === "inspector";
  const quiet = !model.calls.length && (model.state === "idle" || model.inspecting !== null);
  return (
    <>
      {(inspector && quiet) || !isPhoneShown ? null : <ContactCard />}
      {chat ? <Conversation chat={chat} /> : null}
      {inspector ? (
        <Suspense fallback={null}>
          <Team />
        </Suspense>
      ) : null}
    </>
  );
}

/** The right panel: of the open chat, and of the call when there is one. */
function Side(): ReactNode {
  const { chat, isPhoneShown } = useCentre();
  return (
    <>
      {chat ? <ChatSide chat={chat} /> : null}
      {isPhoneShown ? <SidePanel /> : null}
    </>
  );
}

function Panels(): ReactNode {
  const text = useWords();
  const view = useView();
  const narrow = useMediaQuery("(max-width: 1000px)", false, { getInitialValueInEffect: false });
  const [panel, setPanel] = usePanel();
  const rings = shownState(view) === "ringing";
  // A ringing call comes to the front, wherever the agent is.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the ringing itself may switch the panel
  useEffect(() => {
    if (rings && panel !== "contact") setPanel("contact");
  }, [rings]);
  const { chosen } = useChats();
  // A chat that was opened from the list shows itself.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the choice itself may switch the panel
  useEffect(() => {
    if (chosen && panel === "contacts") setPanel("contact");
  }, [chosen]);
  if (!narrow) {
    return (
      <main className={css.columns}>
        <div className={css.left}>
          <Contacts />
          <ChatList />
          <Today />
        </div>
        <div className={css.centre} {...SCROLLABLE}>
          <Centre />
        </div>
        <aside className={css.right} {...SCROLLABLE} aria-label={text("panel.details")}>
          <Side />
        </aside>
      </main>
    );
  }
  return (
    <main className={css.narrow}>
      <Tabs value={panel} onChange={(next) => setPanel(next as Panel)} keepMounted={false}>
        <Tabs.List grow>
          {PANELS.map((each) => (
            <Tabs.Tab key={each} value={each} data-testid={`panel-${each}`}>
              {text(`panel.${each}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="contacts">
          <Contacts />
          <ChatList />
          <Today />
        </Tabs.Panel>
        <Tabs.Panel value="contact">
          <Centre />
        </Tabs.Panel>
        <Tabs.Panel value="details" keepMounted>
          <Side />
        </Tabs.Panel>
      </Tabs>
    </main>
  );
}

export function Working(): ReactNode {
  useRinging();
  return (
    <DialogProvider>
      <ChatsProvider>
        <div className={css.page} data-testid="workbench">
          <TopBar />
          <Banners />
          <Panels />
        </div>
      </ChatsProvider>
      <CallDialog />
      <TransferDialog />
      <ConsultDialog />
      <RestDialog />
      <DialDialog />
      <AudioDialog />
      <Shortcuts />
    </DialogProvider>
  );
}
