import { expect, test, vi } from "vitest";
import { fakeFetch } from "../../../dev/fake_fetch.ts";
import { FakeGateway } from "../../../dev/fake_gateway.ts";
import { ServerLostError } from "./errors";
import { GatewayClient } from "./gateway";
import { callContent, TRANSFER_MODES } from "./wire";

const OPTIONS = {
  password: "Secret_1",
  phonenum: "7101",
  autoanswer: false,
  autoenteridle: false,
  releasephone: true,
  status: 4,
} as const;

test("sign-in keeps what stands behind the first equals sign of Set-GUID and sends it from then on", async () => {
  const gateway = new FakeGateway();
  const onGuid = vi.fn();
  const client = new GatewayClient({ workno: "101", onGuid, fetch: fakeFetch(gateway) });
  await client.signIn(OPTIONS);
  expect(client.guid).toBe(gateway.guid);
  expect(onGuid).toHaveBeenCalledWith(gateway.guid);
  expect((await client.status()).agentState).toBe(4);
});

test("a result code other than 0 is an error with that code", async () => {
  const client = new GatewayClient({ workno: "101", fetch: fakeFetch(new FakeGateway()) });
  await expect(client.sayFree()).rejects.toMatchObject({ code: "100-006" });
  await expect(client.signIn({ ...OPTIONS, password: "no" })).rejects.toMatchObject({ code: "100-004" });
});

test("a taken agent is refused with 100-002 and can be taken over", async () => {
  const gateway = new FakeGateway();
  const client = new GatewayClient({ workno: "101", fetch: fakeFetch(gateway) });
  await client.signIn(OPTIONS);
  await expect(client.signIn(OPTIONS)).rejects.toMatchObject({ code: "100-002" });
  await client.signIn(OPTIONS, { takeOver: true });
  expect(gateway.requests.at(-1)).toBe("PUT onlineagent/101/forcelogin");
});

test("no server, an error page and a foreign body all mean that the server is lost", async () => {
  const answers = [
    () => Promise.reject(new TypeError("Failed to fetch")),
    async () => new Response("bad gateway", { status: 502 }),
    async () => new Response("<html>", { status: 200 }),
  ];
  for (const answer of answers) {
    const client = new GatewayClient({ workno: "101", fetch: answer as typeof fetch });
    await expect(client.sayFree()).rejects.toBeInstanceOf(ServerLostError);
  }
});

test.each([
  [1, "2", 0],
  [2, "102", 0],
  [5, "15550100", 1],
] as const)("release transfer to device type %i uses its own mode", async (device, address, mode) => {
  const bodies: unknown[] = [];
  const client = new GatewayClient({
    workno: "101",
    fetch: (async (_url, init) => {
      bodies.push(JSON.parse(String(init?.body)));
      return new Response('{"message":"","retcode":"0","result":{}}');
    }) as typeof fetch,
  });
  await client.transfer(device, address, TRANSFER_MODES[device].release ?? -1);
  expect(bodies).toEqual([{ devicetype: device, address, mode }]);
});

test("a hash in second dialling is percent-encoded", async () => {
  const urls: string[] = [];
  const client = new GatewayClient({
    workno: "101",
    fetch: (async (url) => {
      urls.push(String(url));
      return new Response('{"message":"","retcode":"0"}');
    }) as typeof fetch,
  });
  await client.secondDial("12#*");
  expect(urls[0]).toBe("/agentgateway/resource/voicecall/101/seconddial/12%23*");
});

test("event contents are read in every spelling", () => {
  const content = (value: unknown) => callContent({ eventType: "x", workNo: "101", content: value });
  expect(content("17-1").callid).toBe("17-1");
  expect(content({ callId: "17-2" }).callid).toBe("17-2");
  expect(content({ callid: "17-3", feature: 7 }).feature).toBe("7");
  expect(content(null).callid).toBe("");
});
