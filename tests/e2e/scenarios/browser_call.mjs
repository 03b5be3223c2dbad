// Customer and agent in two browsers: one click answers, both hear each other, hold, retrieve, hang up, wrap-up.
import { axe, base, byId, connectedAfter, hears, pageOf, run, signIn } from "./lib.mjs";

await run(async (open) => {
  const agent = await pageOf(await open(process.env.AGENT_TONE));
  const customer = await pageOf(await open(process.env.CUSTOMER_TONE));
  await signIn(agent, process.env.WORKNO);
  await agent.locator(byId("idle-card")).waitFor();
  await customer.goto(`${base}/call?to=1001`);
  await customer.click(byId("call-start"));
  await agent.click(byId("incoming-answer"), { timeout: 15_000 });
  const answered = await connectedAfter(agent);
  await agent.locator(byId("active-call")).waitFor();
  const callid = (await agent.locator(byId("details")).innerText()).match(/\d{10}-\d+/)?.[0];
  await agent.waitForTimeout(500);
  const talking = { customer: await hears(customer, [2650, 1000]), agent: await hears(agent, [2650, 1000]) };
  await agent.click(byId("btn-hold"));
  await agent.waitForTimeout(1_500);
  const held = { customer: await hears(customer, [2650, 1000]) };
  await agent.locator(byId("btn-retrieve")).or(agent.locator(byId("btn-hold"))).first().click();
  await agent.waitForTimeout(1_500);
  const again = { customer: await hears(customer, [2650, 1000]) };
  // Another microphone in mid-call; the browser's fake ones all play the same tone.
  await customer.locator(byId("call-devices")).locator("summary").click();
  const inputs = await customer.locator(`${byId("call-input")} option`).evaluateAll((all) => all.map((one) => one.value));
  const track = () => customer.evaluate(() => window.peers.at(-1).getSenders()[0].track.id);
  const former = await track();
  await customer.locator(byId("call-input")).selectOption(inputs.at(-1));
  await customer.waitForFunction((id) => window.peers.at(-1).getSenders()[0].track?.id !== id, former);
  await customer.waitForTimeout(1_000);
  const devices = { inputs: inputs.length, agent: await hears(agent, [1000]), violations: await axe(customer) };
  await agent.click(byId("btn-hangUp"));
  await agent.click(byId("finish-wrapup"));
  await agent.locator(byId("idle-card")).waitFor();
  await customer.locator(byId("call-start")).waitFor();
  return { callid, answered, talking, held, again, devices, problems: [...agent.problems, ...customer.problems] };
});
