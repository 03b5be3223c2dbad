// Two browsers with pictures: both see and hear each other, a camera goes off and on, video becomes voice and back.
import { axe, base, byId, hears, pageOf, run, signIn } from "./lib.mjs";
import { gone, moving, sees } from "./pictures.mjs";

await run(async (open) => {
  const agent = await pageOf(await open(process.env.AGENT_TONE));
  const customer = await pageOf(await open(process.env.CUSTOMER_TONE));
  await signIn(agent, process.env.WORKNO);
  await agent.locator(byId("idle-card")).waitFor();
  await customer.goto(`${base}/call`);
  await customer.click(byId("call-video"));
  await agent.click(byId("incoming-answer"), { timeout: 15_000 });
  await Promise.all([moving(agent), moving(customer)]);
  const both = async () => ({ agent: await sees(agent), customer: await sees(customer) });
  const talking = await both();
  const heard = { customer: await hears(customer, [2650, 1000]), agent: await hears(agent, [2650, 1000]) };
  const violations = { agent: await axe(agent), customer: await axe(customer) };
  const own = {
    agent: await agent.locator(byId("own-picture")).isVisible(),
    customer: await customer.locator(byId("own-picture")).isVisible(),
  };

  await customer.click(byId("call-camera"));
  await gone(agent);
  const cameraOff = await both();
  await customer.click(byId("call-camera"));
  await moving(agent);
  const cameraOn = await both();

  await agent.click(byId("switch-media"));
  await customer.locator(byId("pictures")).waitFor({ state: "detached" });
  await agent.locator(byId("pictures")).waitFor({ state: "detached" });
  const voice = await hears(customer, [2650, 1000]);
  await agent.click(byId("switch-media"));
  await Promise.all([moving(agent), moving(customer)]);
  const again = await both();

  await agent.click(byId("btn-hangUp"));
  await agent.click(byId("finish-wrapup"));
  await agent.locator(byId("idle-card")).waitFor();
  await customer.locator(byId("call-start")).waitFor();
  const problems = [...agent.problems, ...customer.problems];
  return { talking, heard, violations, own, cameraOff, cameraOn, voice, again, problems };
});
