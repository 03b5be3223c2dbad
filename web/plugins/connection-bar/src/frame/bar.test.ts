/** Signing in by session and ticket, and what pages may call. */

import { NO_PICTURES, type Softphone } from "@opencec/softphone";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Bar } from "./bar";
import { failureOf } from "./failures";
import { operationName, operationOf, paramsOf } from "./operations";
import { documented } from "./page_link";

const ACCOUNT = {
  session: "renewed",
  renew_after_ms: 240_000,
  page_origin: "https://crm.example.com",
  workno: "101",
  name: "Agent 101",
  ticket: "t1-ticket",
  sip: { user: "7101", password: "secret", domain: "centre.example.com" },
  queues: [],
  rest_reasons: [],
  busy_reasons: [],
};

interface Asked {
  url: string;
  method: string;
  body: unknown;
}

/** A server of sessions and a gateway: answers by the end of the path, else "done". */
function fakeServer(answers: Record<string, unknown> = {}): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal("fetch", async (given: string, init: RequestInit = {}) => {
    const url = String(given);
    asked.push({
      url,
      method: init.method ?? "GET",
      body: init.body ? JSON.parse(String(init.body)) : undefined,
    });
    if (url.endsWith("session/renew")) {
      const known = answers["session/renew"];
      return known === 401 ? new Response("{}", { status: 401 }) : Response.json(ACCOUNT);
    }
    if (url.includes("/agentevent/")) return new Promise<Response>(() => undefined);
    const name = Object.keys(answers).find((end) => url.includes(end));
    const body = name ? answers[name] : { message: "", retcode: "0", result: {} };
    return Response.json(body, { headers: { "Set-GUID": "JSESSIONID=guid.AgentGateway0" } });
  });
  return asked;
}

const phone = (): Softphone =>
  ({
    state: {
      link: "down",
      registered: false,
      refusal: null,
      call: null,
      quality: null,
      microphone: null,
      pictures: NO_PICTURES,
      audioBlocked: false,
      recovering: false,
    },
    on: () => () => undefined,
    stop: () => undefined,
    prepare: async () => undefined,
    expectCall: () => undefined,
  }) as unknown as Softphone;

beforeEach(() => localStorage.setItem("opencec.connection-bar.mode", "own"));
afterEach(() => {
  vi.unstubAllGlobals();
  sessionStorage.clear();
});

test("a session is renewed before it is used, and the ticket stands in for the password", async () => {
  const asked = fakeServer();
  const bar = new Bar(phone());
  await bar.open("from the page");
  await bar.call("login");
  expect(asked[0]).toMatchObject({ method: "POST", body: { session: "from the page" } });
  expect(asked[1]).toMatchObject({ body: { session: "renewed" } });
  const signIn = asked.find(({ url, method }) => method === "PUT" && url.endsWith("/onlineagent/101"));
  expect(signIn?.body).toMatchObject({ password: "t1-ticket", phonenum: "7101", status: 4, agenttype: 11 });
  expect(bar.view.model.state).toBe("idle");
  expect(bar.buttons.has("signOut")).toBe(true);
  bar.suspend();
});

test("an agent who is signed in elsewhere is taken over by the second click", async () => {
  const asked = fakeServer({ "/onlineagent/101": { message: "has logged in", retcode: "100-002" } });
  const bar = new Bar(phone());
  await bar.open("s");
  expect(await bar.click("login")).toBe(false);
  expect([bar.view.failure?.code, bar.view.takeOver]).toEqual(["100-002", true]);
  asked.length = 0;
  await bar.call("login").catch(() => undefined);
  expect(asked.some(({ url }) => url.endsWith("/forcelogin"))).toBe(true);
  bar.suspend();
});

test("a session that is over ends the start", async () => {
  fakeServer({ "session/renew": 401 });
  const error = await new Bar(phone()).open("old").catch((thrown: unknown) => thrown);
  expect(failureOf(error).code).toBe("session_over");
});

test("operations are refused while signed out, and unknown ones always", async () => {
  fakeServer();
  const bar = new Bar(phone());
  await bar.open("s");
  await expect(bar.call("hold")).rejects.toMatchObject({ code: "signed_out" });
  for (const name of ["constructor", "__proto__", "selfDestruct"])
    await expect(bar.call(name)).rejects.toMatchObject({ code: "unknown" });
  bar.suspend();
});

test.each([
  ["callout", ["15550123", "audio"], "PUT", "/callout", { called: "15550123", mediaability: 0 }],
  [
    "callOut",
    { number: "15550123", mode: "video" },
    "PUT",
    "/callout",
    { called: "15550123", mediaability: 1 },
  ],
  ["sayBusy", [200], "POST", "/saybusy?reason=200&prolong=false", undefined],
  ["getHold", { callid: "1760000000-1" }, "POST", "/gethold?callid=1760000000-1", undefined],
  ["secondDial", ["#"], "POST", "/seconddialex?number=%23", undefined],
  ["innerHelp", { dstaddress: "105" }, "POST", "/innerhelp", { dstaddress: "105", devicetype: 2, mode: 1 }],
  ["mediaSwitch", { mode: "video" }, "POST", "/mediaswitch", { mediaability: 1 }],
  ["mediaSwitch", ["audio"], "POST", "/mediaswitch", { mediaability: 0 }],
  ["beginMuteVideo", {}, "POST", "/beginmutevideo", undefined],
  ["endMuteVideo", {}, "POST", "/endmutevideo", undefined],
  ["transfer", [2, "105", 0], "POST", "/transfer", { devicetype: 2, address: "105", mode: 0 }],
])("%s reaches the gateway as documented", (given, param, method, rest, body) => {
  const name = operationName(given);
  const request = operationOf(name)?.request(paramsOf(name, param));
  expect(request).toMatchObject({ method, rest });
  expect(request?.body).toEqual(body);
});

test("messages of the page are taken as objects and as text, anything else is not", () => {
  expect(documented({ name: "callout", param: ["1", "audio"] })).toEqual({
    name: "callout",
    param: ["1", "audio"],
  });
  expect(documented('{"name":"eventpost","param":["AgentState_Busy"]}')?.name).toBe("eventpost");
  for (const other of [null, 7, "{", "[]", { name: 5 }, { name: "x".repeat(65) }])
    expect(documented(other)).toBeNull();
});
