// Control is killed in mid-call: sound goes on, the pages say what is going on and recover, the call can be handled.
import { base, byId, hears, pageOf, plainMicrophone, run, signIn, startMeter } from "./lib.mjs";

/** What the newest call's audio looks like to the browser: packets, lost ones, samples made up. */
const received = (page) =>
  page.evaluate(async () => {
    const peer = window.peers.filter((each) => each.connectionState === "connected").at(-1);
    const inbound = [...(await peer.getStats()).values()].find(({ type }) => type === "inbound-rtp");
    return { packets: inbound.packetsReceived, lost: inbound.packetsLost, at: performance.now() };
  });

/** Longest run of 20 ms frames without the tone, and how many frames there were. */
const silence = (page) =>
  page.evaluate(() => {
    let longest = 0;
    let run = 0;
    for (const level of window.meter.levels) {
      run = level > 0.02 ? 0 : run + 1;
      longest = Math.max(longest, run);
    }
    return { longestMs: longest * 20, frames: window.meter.levels.length };
  });

await run(async (open) => {
  const agent = await pageOf(await open(process.env.AGENT_TONE), { bypassCSP: true });
  const customer = await pageOf(await open(process.env.CUSTOMER_TONE), { bypassCSP: true });
  const pages = { agent, customer };
  for (const page of Object.values(pages)) await page.addInitScript(plainMicrophone);
  await signIn(agent, process.env.WORKNO);
  await agent.locator(byId("idle-card")).waitFor();
  await customer.goto(`${base}/call?to=1001`);
  await customer.click(byId("call-start"));
  await agent.click(byId("incoming-answer"), { timeout: 15_000 });
  await agent.locator(byId("active-call")).waitFor();
  await agent.waitForTimeout(2_000);
  const result = { bars: {}, silence: {}, before: {}, after: {} };
  await startMeter(agent, 1000);
  await startMeter(customer, 2650);
  await agent.waitForTimeout(1_000);
  for (const [name, page] of Object.entries(pages)) {
    await page.evaluate(() => {
      window.meter.levels = [];
    });
    result.before[name] = await received(page);
  }

  const killed = Date.now();
  process.kill(Number(process.env.CONTROL_PID), "SIGKILL");
  const bar = async (page, id) => {
    await page.locator(byId(id)).waitFor({ timeout: 10_000 });
    const shown = Date.now() - killed;
    await page.locator(byId(id)).waitFor({ state: "detached", timeout: 30_000 });
    return { shown, gone: Date.now() - killed };
  };
  const [agentBar, customerBar] = await Promise.all([bar(agent, "banner-server"), bar(customer, "link-lost")]);
  result.bars = { agent: agentBar, customer: customerBar };
  await agent.waitForTimeout(3_000);
  for (const [name, page] of Object.entries(pages)) {
    result.after[name] = await received(page);
    result.silence[name] = await silence(page);
  }

  result.phase = await agent.locator(byId("active-call")).getAttribute("data-phase");
  await agent.click(byId("btn-hold"));
  await agent.locator('[data-testid="active-call"][data-phase="held"]').waitFor();
  await agent.waitForTimeout(1_000);
  result.held = await hears(customer, [2650]);
  await agent.click(byId("btn-retrieve"));
  await agent.locator('[data-testid="active-call"][data-phase="talking"]').waitFor();
  await agent.waitForTimeout(1_000);
  result.again = { customer: await hears(customer, [2650]), agent: await hears(agent, [1000]) };
  result.callid = (await agent.locator(byId("details")).innerText()).match(/\d{10}-\d+/)?.[0];
  await agent.click(byId("btn-hangUp"));
  await customer.locator(byId("outcome")).waitFor();
  await agent.click(byId("finish-wrapup"));
  await agent.locator(byId("idle-card")).waitFor();
  result.problems = [...agent.problems, ...customer.problems];
  return result;
});
