import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeChat } from "../../../dev/fake_chat";
import { ChatClient } from "./client";
import { retryDelay } from "./line";

let chat: FakeChat;
const open: ChatClient[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  chat = new FakeChat();
  vi.stubGlobal("fetch", chat.fetch);
  vi.stubGlobal("WebSocket", chat.Socket);
});
afterEach(() => {
  for (const client of open.splice(0)) client.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function page(): ChatClient {
  const client = new ChatClient({
    server: "https://cc.example.com",
    request: { channel: "100", locale: "en" },
    storage: localStorage,
    random: () => 1,
  });
  open.push(client);
  return client;
}

const settle = () => vi.advanceTimersByTimeAsync(0);
const texts = (client: ChatClient) => client.view().messages.map(({ content }) => content);

describe("a customer's chat", () => {
  test("the first word asks for an agent, and is stored once", async () => {
    const client = page();
    client.say("  hello ");
    await settle();
    expect(chat.received.map(({ type }) => type)).toEqual(["hello", "connect", "post"]);
    expect(client.view().status).toMatchObject({ state: "queued", position: 2, waitS: 30 });
    expect(texts(client)).toEqual(["hello"]);
    expect(client.view().outgoing).toEqual([]);
  });

  test("a lost answer: the frame goes again under its key and shows once", async () => {
    const client = page();
    await client.open();
    await settle();
    chat.isMute = true;
    client.say("once");
    await settle();
    expect(client.view().outgoing).toHaveLength(2);
    chat.isMute = false;
    chat.drop();
    await vi.advanceTimersByTimeAsync(600);
    expect(client.view().link).toBe("up");
    expect(client.view().outgoing).toEqual([]);
    expect(chat.messages.map(({ content }) => content)).toEqual(["once"]);
    expect(texts(client)).toEqual(["once"]);
  });

  test("what was written without a connection is sent in order when it is back, also after a reload", async () => {
    const first = page();
    await first.open();
    await settle();
    chat.isDown = true;
    chat.drop();
    first.say("one");
    first.say("two");
    first.close();
    chat.isDown = false;
    const second = page();
    expect(second.isUnfinished).toBe(true);
    await second.open();
    await settle();
    expect(texts(second)).toEqual(["one", "two"]);
    expect(second.view().outgoing).toEqual([]);
    expect(chat.sessions).toBe(1);
  });

  test("a reload goes on at its cursor: nothing twice, nothing lost", async () => {
    const first = page();
    first.say("hi");
    await settle();
    chat.say("welcome");
    first.close();
    chat.say("are you there?");
    const second = page();
    expect(texts(second)).toEqual(["hi", "welcome"]);
    await second.open();
    await settle();
    expect(texts(second)).toEqual(["hi", "welcome", "are you there?"]);
    chat.tell({ type: "message", ...(chat.messages[1] as (typeof chat.messages)[0]) });
    expect(texts(second)).toHaveLength(3);
  });

  test("an expired token brings a new session and keeps the words", async () => {
    const client = page();
    client.say("hi");
    await settle();
    chat.token = "token-2";
    chat.drop();
    client.say("still here");
    await vi.advanceTimersByTimeAsync(2_000);
    expect(chat.sessions).toBe(2);
    expect(texts(client)).toEqual(["hi", "still here"]);
  });

  test("a refused word stays, with its reason, and can be said again", async () => {
    const client = page();
    client.say("hi");
    await settle();
    chat.refuse = "too_long";
    client.say("long");
    await settle();
    const [entry] = client.view().outgoing;
    expect(entry?.refused?.code).toBe("too_long");
    chat.drop();
    await vi.advanceTimersByTimeAsync(600);
    expect(client.view().outgoing).toHaveLength(1);
    chat.refuse = null;
    client.again(entry?.frame.key ?? "");
    await settle();
    expect(texts(client)).toEqual(["hi", "long"]);
  });

  test("typing ends by itself, by a word, and with the talk; the end asks how it was", async () => {
    const client = page();
    client.say("hi");
    await settle();
    chat.become({ state: "talking", agentName: "Ann" });
    chat.tell({ type: "typing", on: true });
    expect(client.view().typing).toBe(true);
    await vi.advanceTimersByTimeAsync(6_100);
    expect(client.view().typing).toBe(false);
    chat.tell({ type: "typing", on: true });
    chat.say("yes?");
    expect(client.view().typing).toBe(false);
    client.end();
    expect(client.view()).toMatchObject({ status: { state: "ended" }, survey: "asked" });
    client.rate({ score: 5, comment: "" });
    await settle();
    expect(chat.received.at(-1)).toMatchObject({ type: "rate", score: 5 });
    expect(client.view().survey).toBe("given");
  });

  test("reading is told once for each new message", async () => {
    const client = page();
    client.say("hi");
    await settle();
    client.read();
    client.read();
    chat.say("new");
    client.read();
    expect(chat.received.filter(({ type }) => type === "read")).toHaveLength(2);
    chat.tell({ type: "read", number: 1 });
    expect(client.view().seen).toBe(1);
  });

  test("a dead connection is found by its silence", async () => {
    const client = page();
    await client.open();
    await settle();
    chat.isMute = true;
    const [socket] = chat.sockets;
    if (socket) socket.give = () => undefined;
    await vi.advanceTimersByTimeAsync(61_000);
    expect(client.view().link).toBe("up");
    expect(chat.received.filter(({ type }) => type === "hello").length).toBeGreaterThan(1);
  });

  test("pages do not come back in step", () => {
    expect(retryDelay(0, 0)).toBe(250);
    expect(retryDelay(0, 1)).toBe(500);
    expect(retryDelay(20, 1)).toBe(15_000);
  });
});
