// A call with pictures in two browsers: held and taken back, its relay killed, the workbench reloaded.
import { base, byId, hears, pageOf, run, signIn } from "./lib.mjs";
import { gone, moving, sees } from "./pictures.mjs";

await run(async (open) => {
  const agent = await pageOf(await open(process.env.AGENT_TONE));
  const customer = await pageOf(await open(process.env.CUSTOMER_TONE));
  await signIn(agent, process.env.WORKNO);
  await agent.locator(byId("idle-card")).waitFor();
  await customer.goto(`${base}/call`);
  await customer.click(byId("call-video"));
  await agent.click(byId("incoming-answer"), { timeout: 15_000 });
  const bothMove = () => Promise.all([moving(agent), moving(customer)]);
  const both = async () => ({ agent: await sees(agent), customer: await sees(customer) });
  await bothMove();
  const result = {};

  await agent.click(byId("btn-hold"));
  await gone(customer);
  result.held = await sees(customer);
  await agent.click(byId("btn-retrieve"));
  await bothMove();
  result.retrieved = await both();

  process.kill(Number(process.env.RELAY_PID), "SIGKILL");
  await Promise.all([gone(agent), gone(customer)]).catch(() => undefined); // it may be back before that is seen
  await agent.waitForTimeout(2_000);
  await bothMove();
  result.relayKilled = await both();
  result.sound = { customer: await hears(customer, [2650, 1000]), agent: await hears(agent, [2650, 1000]) };

  await agent.reload();
  await agent.locator(byId("active-call")).waitFor({ timeout: 20_000 });
  await bothMove();
  result.reloaded = await both();
  result.soundAfter = await hears(customer, [2650]);
  await agent.click(byId("btn-hangUp"));
  await agent.click(byId("finish-wrapup"));
  await agent.locator(byId("idle-card")).waitFor();
  result.problems = [...agent.problems, ...customer.problems];
  return result;
});
