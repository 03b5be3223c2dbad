// Customer and agent in two tabs of one browser, as a newcomer does it.
import { base, byId, hears, run, signIn, tabOf } from "./lib.mjs";

await run(async (open) => {
  const browser = await open(process.env.AGENT_TONE);
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-US" });
  const start = await tabOf(context);
  await start.goto(base);
  await start.locator(byId("open-call")).waitFor();
  const agent = await tabOf(context);
  const customer = await tabOf(context);
  await signIn(agent, process.env.WORKNO);
  await agent.locator(byId("idle-card")).waitFor();
  await customer.bringToFront();
  await customer.goto(`${base}/call?to=1001`);
  await customer.click(byId("call-start"));
  await agent.bringToFront();
  const shown = await agent.locator(byId("incoming-number")).innerText({ timeout: 15_000 });
  const title = await agent.title();
  await agent.click(byId("incoming-answer"));
  await agent.locator(byId("active-call")).waitFor();
  const details = await agent.locator(byId("details")).innerText();
  await agent.waitForTimeout(1_000);
  // One microphone for both tabs: each must hear it from the other.
  const talking = { agent: await hears(agent, [2650]) };
  await customer.bringToFront();
  talking.customer = await hears(customer, [2650]);
  await customer.click(byId("call-hangup"));
  await customer.locator(byId("outcome")).waitFor();
  const silent = { agent: await hears(agent, [2650]) };
  await agent.bringToFront();
  await agent.click(byId("finish-wrapup"));
  await agent.locator(byId("idle-card")).waitFor();
  return { shown, title, details, talking, silent, problems: [start, agent, customer].flatMap((page) => page.problems) };
});
