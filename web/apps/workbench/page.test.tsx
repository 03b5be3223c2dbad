import { Provider, startI18n } from "@opencec/ui";
import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { FakeDesk } from "../../dev/fake_desk.ts";
import { fakeFetch } from "../../dev/fake_fetch.ts";
import { FakeGateway } from "../../dev/fake_gateway.ts";
import { FakePhone } from "../../dev/fake_phone.ts";
import { WorkbenchPage } from "./page";
import { Workbench } from "./session/workbench";

let gateway: FakeGateway;
let phone: FakePhone;
let down: boolean;
let desk: FakeDesk;

beforeAll(() =>
  startI18n({
    en: () => import("./locales/en").then((module) => module.en),
    "zh-CN": () => import("./locales/zh").then((module) => module.zh),
  }),
);

beforeEach(() => {
  sessionStorage.removeItem("opencec.workbench.ended");
  down = false;
  gateway = new FakeGateway();
  gateway.pollWaitMs = 20;
  desk = new FakeDesk(gateway);
  newPhone();
  vi.stubGlobal(
    "fetch",
    fakeFetch(gateway, () => down, desk),
  );
});

afterEach(() => {
  dispatchEvent(new Event("pagehide")); // as when a page is left: its session hears no later test's tabs
  cleanup();
  vi.unstubAllGlobals();
});

function newPhone(): void {
  phone = new FakePhone();
  phone.onAnswered = () => gateway.phoneAnswered();
  gateway.ringPhone = (call) => act(() => phone.ring(call.caller));
  gateway.hangUpPhone = () => act(() => phone.hangUp());
}

const open = () =>
  render(
    <MemoryRouter>
      <Provider>
        <WorkbenchPage makeSession={() => new Workbench(phone)} />
      </Provider>
    </MemoryRouter>,
  );

const type = (testId: string, value: string) =>
  fireEvent.change(screen.getByTestId(testId), { target: { value } });
const click = (testId: string) => fireEvent.click(screen.getByTestId(testId));
const state = (name: string) =>
  waitFor(() => expect(screen.getByTestId("agent-state").dataset.state).toBe(name));
const isOn = (testId: string) => screen.getByTestId(testId).getAttribute("aria-disabled") === "false";

async function signIn(workno = "101", password = "Secret_1") {
  open();
  type("signin-workno", workno);
  type("signin-password", password);
  click("signin-submit");
}

async function talking() {
  await signIn();
  await state("idle");
  gateway.incoming();
  await screen.findByTestId("incoming");
  click("incoming-answer");
  await state("talking");
}

test("an agent signs in, answers with one click, holds, retrieves, hangs up and finishes wrap-up", async () => {
  await talking();
  expect(screen.getByTestId("call-number").textContent).toBe("15550100");
  await waitFor(() => expect(screen.getByTestId("call-queue").textContent).toBe("Sales"));
  expect(gateway.requests.filter((each) => each.startsWith("PUT voicecall/101/answer"))).not.toHaveLength(0);
  click("btn-hold");
  await state("hold");
  expect(screen.getByTestId("hold-timer")).toBeTruthy();
  click("btn-retrieve");
  await state("talking");
  click("btn-hangUp");
  await state("wrapup");
  expect(screen.getAllByTestId("log-row")).toHaveLength(1);
  click("finish-wrapup");
  await state("idle");
});

test("a wrong password, a lock and a taken agent each say what to do", async () => {
  await signIn("101", "wrong");
  await waitFor(() => expect(screen.getByTestId("signin-problem").dataset.kind).toBe("wrong"));
  type("signin-workno", "110");
  click("signin-submit");
  await waitFor(() => expect(screen.getByTestId("signin-problem").textContent).toContain("3:00"));
  await gateway.handle("PUT", "onlineagent/101", null, { password: "Secret_1" });
  type("signin-workno", "101");
  type("signin-password", "Secret_1");
  click("signin-submit");
  await screen.findByTestId("signin-takeover");
  click("signin-takeover");
  await state("idle");
  expect(gateway.requests).toContain("PUT onlineagent/101/forcelogin");
});

test("mute is decided by the answer of the gateway and mutes the phone too", async () => {
  await talking();
  click("btn-mute");
  await screen.findByTestId("muted-note");
  expect(phone.state.call?.muted).toBe(true);
  expect(isOn("btn-hold")).toBe(false);
  click("btn-unmute");
  await waitFor(() => expect(phone.state.call?.muted).toBe(false));
});

test("reject makes the agent busy, and the reason is shown", async () => {
  await signIn();
  await state("idle");
  gateway.incoming();
  await screen.findByTestId("incoming");
  click("btn-reject");
  await state("busy");
  expect(screen.getByTestId("busy-reason").textContent).toBe("You rejected a call");
});

test("a reload in the middle of a call brings the same call back", async () => {
  await talking();
  const requests = gateway.requests.length;
  fireEvent(window, new Event("pagehide"));
  cleanup();
  newPhone();
  open();
  await state("talking");
  act(() => phone.ring("15550100", { resumed: true }));
  expect(phone.state.call?.phase).toBe("connected");
  expect(screen.getByTestId("call-number").textContent).toBe("15550100");
  expect(gateway.requests.slice(requests).some((each) => each.startsWith("PUT onlineagent"))).toBe(false);
  click("btn-hold");
  await state("hold");
});

test("while the server is lost a bar says so and buttons wait", async () => {
  await signIn();
  await state("idle");
  down = true;
  await screen.findByTestId("banner-server");
  expect(isOn("btn-callOut")).toBe(false);
  down = false;
  await waitFor(() => expect(screen.queryByTestId("banner-server")).toBeNull());
  expect(isOn("btn-callOut")).toBe(true);
});

test("an agent who is signed in elsewhere is told and may sign in again", async () => {
  await signIn();
  await state("idle");
  gateway.event("AgentOther_ShutdownService", { loginTime: "0" });
  await waitFor(() => expect(screen.getByTestId("session-ended").dataset.ended).toBe("elsewhere"));
  expect(screen.getByTestId("signin-form")).toBeTruthy();
  expect(sessionStorage.getItem("opencec.workbench")).toBeNull();
});

test("a sign-in form that is loaded again still says why the session ended", async () => {
  await signIn();
  await state("idle");
  gateway.event("AgentOther_ShutdownService", { loginTime: "0" });
  await screen.findByTestId("session-ended");
  cleanup();
  newPhone();
  open();
  expect(screen.getByTestId("session-ended").dataset.ended).toBe("elsewhere");
  type("signin-workno", "101");
  type("signin-password", "Secret_1");
  click("signin-submit");
  await waitFor(() => expect(sessionStorage.getItem("opencec.workbench.ended")).toBeNull());
});

test("a tab that took the phone from another one says why its session ended", async () => {
  let held = true;
  const request = (_name: string, options: LockOptions, hold: () => Promise<void>) => {
    if (held && !options.steal) return Promise.reject(new DOMException("", "TimeoutError"));
    held = false;
    return hold();
  };
  await signIn();
  await state("idle");
  const kept = sessionStorage.getItem("opencec.workbench") ?? "";
  dispatchEvent(new Event("pagehide")); // the session goes on in "another tab", which is silent here
  cleanup();
  newPhone();
  Object.defineProperty(navigator, "locks", { value: { request }, configurable: true });
  sessionStorage.setItem("opencec.workbench", kept);
  try {
    open();
    fireEvent.click(await screen.findByTestId("take-phone"));
    await waitFor(() => expect(screen.queryByTestId("banner-follows")).toBeNull());
    await state("idle");
    gateway.event("AgentOther_ShutdownService", { loginTime: "0" });
    await screen.findByTestId("session-ended");
    // The word of this tab to the others must not come back to it.
    await act(() => new Promise((resolve) => setTimeout(resolve, 50)));
    expect(screen.getByTestId("session-ended").dataset.ended).toBe("elsewhere");
  } finally {
    Reflect.deleteProperty(navigator, "locks");
  }
});

test("a call to a number rings the own phone, which answers by itself", async () => {
  await signIn();
  await state("idle");
  click("btn-callOut");
  await screen.findByTestId("call-form");
  type("target-search", "+1 555 0199");
  fireEvent.submit(screen.getByTestId("call-form"));
  await state("talking");
  expect(phone.state.call?.automatic).toBe(true);
  gateway.farEndAnswers();
  await waitFor(() => expect(screen.getByTestId("call-number").textContent).toBe("15550199"));
  expect(gateway.requests).toContain("PUT voicecall/101/callout");
});

test("a transfer to a queue leaves the call", async () => {
  await talking();
  click("btn-transfer");
  await screen.findByTestId("transfer-form");
  fireEvent.click(await screen.findByTestId("target-queue-2"));
  fireEvent.submit(screen.getByTestId("transfer-form"));
  await state("wrapup");
  expect(screen.getByTestId("log-row").dataset.outcome).toBe("transferred");
});

test("keys work as buttons do, but not while typing", async () => {
  await talking();
  fireEvent.keyDown(document.body, { key: "h" });
  await state("hold");
  fireEvent.keyDown(document.body, { key: "h" });
  await state("talking");
  fireEvent.keyDown(document.body, { key: "?" });
  await screen.findByTestId("shortcuts");
});

test("a missing microphone has a banner with what to do", async () => {
  await signIn();
  await state("idle");
  act(() => phone.become({ microphone: "denied" }));
  expect(screen.getByTestId("mic-denied").textContent).toContain("Allow it");
  expect(screen.getByTestId("mic-retry")).toBeTruthy();
});

test("a note and a reason are kept while they are written, in the call and in wrap-up", async () => {
  await talking();
  type("note", "Wants a copy");
  click("reason-2");
  await waitFor(() => expect(screen.getByTestId("note-kept").dataset.kept).toBe("kept"), { timeout: 3_000 });
  const [callid = ""] = Object.keys(desk.notes);
  expect(desk.notes[callid]).toEqual({ note: "Wants a copy", reasons: [2] });
  click("btn-hangUp");
  await state("wrapup");
  expect((screen.getByTestId("note") as HTMLTextAreaElement).value).toBe("Wants a copy");
  await waitFor(() => expect(screen.getByTestId("wrapup-left").textContent).toMatch(/Ends in (2:00|1:5\d)/));
  type("note", "Copy sent");
  click("finish-wrapup");
  await waitFor(() => expect(desk.notes[callid]?.note).toBe("Copy sent"));
});

test("the caller's choices in the menu and the customer page come with the call", async () => {
  await talking();
  await waitFor(() => expect(screen.getByTestId("call-path").textContent).toContain("1 Sales"));
  const frame = (await screen.findByTestId("pop-frame")) as HTMLIFrameElement;
  const url = new URL(frame.getAttribute("src") ?? "");
  expect(url.origin).toBe("https://crm.example.com");
  expect(url.searchParams.get("from")).toBe("cec");
  expect(url.searchParams.get("phone")).toBe("15550100");
  expect(url.searchParams.get("id")).toMatch(/^\d+-1$/);
  expect(frame.getAttribute("sandbox")).not.toContain("top-navigation");
});

test("calls of the day come from the server, page by page, and missed ones have a list", async () => {
  const at = Date.now() - 60_000;
  desk.contacts = Array.from({ length: 40 }, (_, n) => ({
    callid: `16-${n}`,
    begin: at - n * 60_000,
    answer: n % 2 ? at - n * 60_000 + 1000 : null,
    end: at - n * 60_000 + 31_000,
    outcome: n % 2 ? "answered" : "missed",
    number: `155501${n}`,
    direction: "inbound",
    queue: "Sales",
    note: "",
    reasons: [],
  }));
  await signIn();
  await state("idle");
  await waitFor(() => expect(screen.getAllByTestId("log-row")).toHaveLength(30));
  click("today-more");
  await waitFor(() => expect(screen.getAllByTestId("log-row")).toHaveLength(40));
  fireEvent.click(screen.getByText("Missed", { selector: "[data-testid=today-kind] *" }));
  await waitFor(() => expect(screen.getAllByTestId("log-row")).toHaveLength(20));
});
