import { Provider, startI18n } from "@opencec/ui";
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { FakeDesk } from "../../../dev/fake_desk.ts";
import type { FakeDeskChats } from "../../../dev/fake_desk_chats.ts";
import { fakeFetch } from "../../../dev/fake_fetch.ts";
import { FakeGateway } from "../../../dev/fake_gateway.ts";
import { FakePhone } from "../../../dev/fake_phone.ts";
import { WorkbenchPage } from "../page";
import { Workbench } from "../session/workbench";

let gateway: FakeGateway;
let desk: FakeDesk;
let chats: FakeDeskChats;

beforeAll(() =>
  startI18n({
    en: () => import("../locales/en").then((module) => module.en),
    "zh-CN": () => import("../locales/zh").then((module) => module.zh),
  }),
);
beforeEach(() => {
  gateway = new FakeGateway();
  gateway.pollWaitMs = 20;
  desk = new FakeDesk(gateway);
  chats = desk.chats;
  chats.isThere = true;
  vi.stubGlobal(
    "fetch",
    fakeFetch(gateway, () => false, desk),
  );
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const open = () =>
  render(
    <MemoryRouter>
      <Provider>
        <WorkbenchPage makeSession={() => new Workbench(new FakePhone())} />
      </Provider>
    </MemoryRouter>,
  );
const click = (testId: string) => fireEvent.click(screen.getByTestId(testId));
const input = () => screen.getByTestId<HTMLTextAreaElement>("chat-input");
const write = (value: string) => fireEvent.change(input(), { target: { value } });
const said = () => screen.getAllByTestId("message").map((row) => row.firstElementChild?.textContent);

async function signIn(): Promise<void> {
  open();
  for (const [id, value] of [
    ["signin-workno", "101"],
    ["signin-password", "Secret_1"],
  ] as const)
    fireEvent.change(screen.getByTestId(id), { target: { value } });
  click("signin-submit");
  await screen.findByTestId("chats");
}

async function talking(): Promise<void> {
  await signIn();
  chats.offer("c1", "Ines", "Where is my order?");
  fireEvent.click(await screen.findByTestId("chat-answer"));
  await screen.findByTestId("chat-input");
}

test("an agent accepts a chat, answers it, and ends it after a question", async () => {
  await talking();
  await waitFor(() => expect(said()).toEqual(["Where is my order?"]));
  write("It is on its way.");
  click("chat-send");
  await waitFor(() => expect(said()).toEqual(["Where is my order?", "It is on its way."]));
  expect(screen.queryByTestId("outgoing")).toBeNull();
  expect(screen.getByTestId("receipt").textContent).toBe("Sent");
  click("chat-end");
  expect(chats.done.some(([what]) => what === "end")).toBe(false);
  click("chat-end-yes");
  await screen.findByText("This chat has ended.");
  click("chat-close");
  expect(screen.queryByTestId("conversation")).toBeNull();
});

test("several chats at once: unread, order and drafts are kept for each", async () => {
  await talking();
  write("half a sent");
  chats.offer("c2", "Li Wei", "你好");
  await screen.findByText("Li Wei");
  fireEvent.click(await screen.findByTestId("chat-answer"));
  await waitFor(() => expect(screen.getByTestId("conversation").dataset.contact).toBe("c2"));
  expect(input().value).toBe("");
  chats.customerSays("c1", "Hello?");
  chats.customerSays("c1", "Anybody?");
  await waitFor(() => expect(screen.getByTestId("unread").textContent).toBe("2"));
  fireEvent.keyDown(document.body, { key: "ArrowDown", altKey: true });
  await waitFor(() => expect(screen.getByTestId("conversation").dataset.contact).toBe("c1"));
  expect(input().value).toBe("half a sent");
  await waitFor(() => expect(screen.queryByTestId("unread")).toBeNull());
});

test("what a customer writes is text, never markup", async () => {
  await talking();
  const script = '<img src=x onerror="window.ran = true"><script>window.ran = true</script>';
  chats.customerSays("c1", script);
  await waitFor(() => expect(said()).toContain(script));
  expect(within(screen.getByTestId("conversation-log")).queryByRole("img")).toBeNull();
  expect("ran" in window).toBe(false);
});

test("a lost answer and a reload: the word goes again under its key and stands there once", async () => {
  await talking();
  chats.losesAnswers = true;
  chats.drop();
  write("once");
  click("chat-send");
  await screen.findByTestId("outgoing");
  cleanup();
  chats.losesAnswers = false;
  open();
  await screen.findByTestId("chat-input");
  await waitFor(() => expect(screen.queryByTestId("outgoing")).toBeNull());
  expect(chats.messages.get("c1")?.filter(({ content }) => content === "once")).toHaveLength(1);
  await waitFor(() => expect(said()).toEqual(["Where is my order?", "once"]));
});

test("a lost stream goes on where it was, without a word twice", async () => {
  await talking();
  await waitFor(() => expect(said()).toHaveLength(1));
  chats.drop();
  chats.customerSays("c1", "while you were away");
  await waitFor(() => expect(said()).toEqual(["Where is my order?", "while you were away"]));
});

test("a slash finds quick replies", async () => {
  await talking();
  write("/gree");
  await screen.findByText("Greeting");
  fireEvent.keyDown(input(), { key: "Enter" });
  expect(input().value).toBe("Good morning!");
});

test("without chats at the server the workbench is as it was", async () => {
  chats.isThere = false;
  open();
  for (const [id, value] of [
    ["signin-workno", "101"],
    ["signin-password", "Secret_1"],
  ] as const)
    fireEvent.change(screen.getByTestId(id), { target: { value } });
  click("signin-submit");
  await screen.findByTestId("workbench");
  expect(screen.queryByTestId("chats")).toBeNull();
});

test("what the gateway says of a chat does not ring the phone", async () => {
  await signIn();
  const text = { callid: "1795560000-9", caller: "guest_1", called: "100", feature: "0", mediaAbility: "5" };
  gateway.event("AgentEvent_Ringing", text);
  gateway.event("AgentEvent_Talking", text);
  gateway.event("AgentEvent_Call_Release", text.callid);
  chats.offer("c1", "Ines", "hello");
  await screen.findByTestId("chat-answer");
  expect(screen.getByTestId("agent-state").dataset.state).toBe("idle");
  expect(screen.queryByTestId("contact-row")).toBeNull();
});
