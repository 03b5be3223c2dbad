import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeChat } from "../../../dev/fake_chat";
import type { OpencecChat } from "./element";
import "./element";

let chat: FakeChat;
let element: OpencecChat;

beforeEach(() => {
  chat = new FakeChat();
  vi.stubGlobal("fetch", chat.fetch);
  vi.stubGlobal("WebSocket", chat.Socket);
});
afterEach(() => {
  element.remove();
  vi.unstubAllGlobals();
});

const settle = async () => {
  for (let round = 0; round < 20; round += 1) await new Promise((resolve) => setTimeout(resolve, 0));
  await element.updateComplete;
};
const find = <Found extends Element = HTMLElement>(selector: string): Found => {
  const roots = [element.renderRoot];
  for (const child of element.renderRoot.querySelectorAll("*"))
    if (child.shadowRoot) roots.push(child.shadowRoot);
  const found = roots.map((root) => root.querySelector<Found>(selector)).find(Boolean);
  if (!found) throw new Error(`no ${selector}`);
  return found;
};

async function page(locale = "en"): Promise<void> {
  element = document.createElement("opencec-chat");
  element.server = "https://cc.example.com";
  element.channel = "100";
  element.locale = locale;
  document.body.append(element);
  await settle();
}

async function type(text: string): Promise<void> {
  const area = find<HTMLTextAreaElement>("textarea");
  area.value = text;
  area.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  await settle();
}

describe("<opencec-chat>", () => {
  test("asks the server for nothing until it is opened", async () => {
    await page();
    expect(chat.sessions).toBe(0);
    find(".launch").click();
    await settle();
    expect(chat.sessions).toBe(1);
  });

  test("shows what was written as text, never as markup", async () => {
    await page();
    element.show();
    await settle();
    const script = '<img src=x onerror="window.ran = true"><script>window.ran = true</script>';
    await type(script);
    chat.say(script);
    await settle();
    const bubbles = [...element.renderRoot.querySelectorAll(".bubble")];
    expect(bubbles.map(({ textContent }) => textContent)).toEqual([script, script]);
    expect(element.renderRoot.querySelector(".bubble img, .bubble script")).toBeNull();
    expect("ran" in window).toBe(false);
  });

  test("tells the place in the queue, then who talks, and asks before the end", async () => {
    await page();
    element.show();
    await settle();
    await type("hi");
    expect(find("[data-bar=queue]").textContent).toContain("number 2");
    chat.become({ state: "talking", agentName: "Ann" });
    await settle();
    expect(find("h2").textContent?.trim()).toBe("Chat with Ann");
    find("[data-action=end]").click();
    await settle();
    expect(chat.received.some(({ type: kind }) => kind === "end")).toBe(false);
    find("[data-action=end-yes]").click();
    await settle();
    expect(find("legend").textContent).toBe("How was this chat?");
    find<HTMLInputElement>("input[value='4']").dispatchEvent(new Event("change"));
    await settle();
    find("form").dispatchEvent(new Event("submit", { cancelable: true }));
    await settle();
    expect(chat.received.at(-1)).toMatchObject({ type: "rate", score: 4 });
  });

  test("without an agent a message can be left", async () => {
    await page("zh");
    element.show();
    await settle();
    await type("有人吗");
    chat.become({ state: "ended", reason: "no_agent" });
    await settle();
    expect(find("h3").textContent).toBe("留言");
    find<HTMLInputElement>("input[name=phone]").value = "+1 555 0100";
    find<HTMLTextAreaElement>("textarea[name=text]").value = "请回电";
    find("form").dispatchEvent(new Event("submit", { cancelable: true }));
    await settle();
    expect(chat.received.at(-1)).toMatchObject({
      type: "leaveMessage",
      phone: "+1 555 0100",
      text: "请回电",
    });
  });

  test("words that found nobody are where the message begins", async () => {
    await page("en");
    element.show();
    await settle();
    chat.refuse = "no_agent";
    await type("Where is my order?");
    chat.become({ state: "ended", reason: "no_agent" });
    await settle();
    chat.refuse = null;
    expect(find<HTMLTextAreaElement>("textarea[name=text]").value).toBe("Where is my order?");
    find<HTMLInputElement>("input[name=phone]").value = "+1 555 0100";
    find("form").dispatchEvent(new Event("submit", { cancelable: true }));
    await settle();
    expect(chat.received.at(-1)).toMatchObject({ type: "leaveMessage", text: "Where is my order?" });
    expect(element.renderRoot.textContent).not.toContain("Not sent");
  });

  test("counts what came while it was closed", async () => {
    await page();
    element.show();
    await settle();
    await type("hi");
    element.hide();
    chat.say("hello");
    await settle();
    expect(find(".badge").textContent).toBe("1");
    element.show();
    await settle();
    expect(chat.received.at(-1)?.type).toBe("read");
  });
});
