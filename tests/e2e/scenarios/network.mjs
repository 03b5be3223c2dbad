// The network under a call fails, first the connection to the server, then the way of the media: the call goes on.
import { base, byId, connectedAfter, hears, pageOf, run, signIn } from "./lib.mjs";

/** For `addInitScript`: keeps the page's sockets, and lets the newest peer connection say that its path has failed. */
function breakable() {
  const Original = window.WebSocket;
  window.sockets = [];
  window.WebSocket = class extends Original {
    constructor(...given) {
      super(...given);
      window.sockets.push(this);
    }
  };
  window.failMedia = () => {
    const peer = window.peers.filter((each) => each.connectionState === "connected").at(-1);
    for (const sender of peer.getSenders()) sender.replaceTrack(null);
    Object.defineProperty(peer, "connectionState", { value: "failed" });
    peer.dispatchEvent(new Event("connectionstatechange"));
  };
}

const both = async (agent, customer) => ({
  customer: await hears(customer, [2650, 1000]),
  agent: await hears(agent, [2650, 1000]),
});

await run(async (open) => {
  const agent = await pageOf(await open(process.env.AGENT_TONE));
  const customer = await pageOf(await open(process.env.CUSTOMER_TONE));
  for (const page of [agent, customer]) await page.addInitScript(breakable);
  await signIn(agent, process.env.WORKNO);
  await agent.locator(byId("idle-card")).waitFor();
  await customer.goto(`${base}/call?to=1001`);
  await customer.click(byId("call-start"));
  await agent.click(byId("incoming-answer"), { timeout: 15_000 });
  await connectedAfter(agent);
  await agent.locator('[data-testid="active-call"][data-phase="talking"]').waitFor();
  const callidOf = async () => (await agent.locator(byId("details")).innerText()).match(/\d{10}-\d+/)?.[0];
  const result = { before: await callidOf(), heard: {} };

  // The WebSocket goes down: the call's sound does not care, and the phone is registered again.
  await agent.evaluate(() => window.sockets.at(-1).close());
  await agent.locator(byId("banner-server")).waitFor();
  await agent.locator(byId("banner-server")).waitFor({ state: "detached", timeout: 10_000 });
  result.heard.socket = await both(agent, customer);
  result.sockets = await agent.evaluate(() => window.sockets.length);

  // The path of the media is gone: the server gives the same device a new leg in place of the old one.
  for (const [name, page] of Object.entries({ agent, customer })) {
    const peers = await page.evaluate(() => window.peers.length);
    await page.evaluate(() => window.failMedia());
    await page.waitForFunction((count) => window.peers.length > count, peers, { timeout: 15_000 });
    await connectedAfter(page);
    await page.waitForTimeout(1_500);
    result.heard[name] = await both(agent, customer);
  }
  await agent.locator(byId("banner-recovering")).waitFor({ state: "detached" });
  result.after = await callidOf();
  await customer.click(byId("call-hangup"));
  await agent.click(byId("finish-wrapup"));
  await agent.locator(byId("idle-card")).waitFor();
  result.problems = [...agent.problems, ...customer.problems];
  return result;
});
