// F5 in mid-call, first at the agent, then at the customer: the same call, audio back.
import { base, byId, connectedAfter, hears, pageOf, run, signIn } from "./lib.mjs";

await run(async (open) => {
  const agent = await pageOf(await open(process.env.AGENT_TONE));
  const customer = await pageOf(await open(process.env.CUSTOMER_TONE));
  await signIn(agent, process.env.WORKNO);
  await agent.locator(byId("idle-card")).waitFor();
  await customer.goto(`${base}/call?to=1001`);
  await customer.click(byId("call-start"));
  await agent.click(byId("incoming-answer"), { timeout: 15_000 });
  await connectedAfter(agent);
  const callidOf = async () => (await agent.locator(byId("details")).innerText()).match(/\d{10}-\d+/)?.[0];
  await agent.locator(byId("active-call")).waitFor();
  const before = await callidOf();
  const result = { before, back: {}, heard: {} };
  for (const [name, page] of Object.entries({ agent, customer })) {
    await page.reload();
    result.back[name] = await connectedAfter(page);
    await page.waitForTimeout(1_200);
    result.heard[name] = { customer: await hears(customer, [2650, 1000]), agent: await hears(agent, [2650, 1000]) };
  }
  await agent.locator(byId("active-call")).waitFor();
  result.after = await callidOf();
  await customer.click(byId("call-hangup"));
  await agent.click(byId("finish-wrapup"));
  await agent.locator(byId("idle-card")).waitFor();
  result.problems = [...agent.problems, ...customer.problems];
  return result;
});
