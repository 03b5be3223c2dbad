// Over HTTPS, in Chinese: no agent yet, key 2 for Support, the call waits and is served; then the server goes away.
import { base, byId, hears, pageOf, run, signIn } from "./lib.mjs";

const gone = async () => !(await fetch(process.env.PLAIN_URL).catch(() => null));

await run(async (open) => {
  const trust = { ignoreHTTPSErrors: true };
  const customer = await pageOf(await open(process.env.CUSTOMER_TONE), { ...trust, locale: "zh-CN" });
  const agent = await pageOf(await open(process.env.AGENT_TONE), trust);
  const sockets = [];
  for (const page of [customer, agent]) page.on("websocket", (socket) => sockets.push(socket.url()));
  await customer.goto(`${base}/call`);
  const result = { heading: await customer.locator("h1").innerText(), sockets };
  result.secure = await customer.evaluate(() => isSecureContext);
  result.before = await customer.locator(byId("nobody-here")).innerText();
  await customer.click(byId("call-start"));
  await customer.locator('[data-stage="talking"]').waitFor({ timeout: 20_000 });
  await customer.click(byId("call-keypad"));
  await customer.click(byId("key-2"));
  result.sent = await customer.locator(byId("sent-digits")).innerText();
  await customer.waitForTimeout(3_000);
  result.waiting = {
    stage: await customer.locator(byId("call-page")).getAttribute("data-stage"),
    words: await customer.locator(byId("nobody-here")).innerText(),
  };
  await signIn(agent, process.env.WORKNO);
  await agent.locator(byId("incoming")).waitFor({ timeout: 15_000 });
  result.queue = await agent.locator(byId("incoming-queue")).innerText();
  await agent.click(byId("incoming-answer"));
  await agent.locator(byId("active-call")).waitFor();
  await customer.locator(byId("nobody-here")).waitFor({ state: "detached" });
  await agent.waitForTimeout(1_000);
  result.talking = { customer: await hears(customer, [2650, 1000]), agent: await hears(agent, [2650, 1000]) };
  await agent.click(byId("btn-hangUp"));
  await customer.locator(byId("outcome")).waitFor();
  result.ended = await customer.locator(byId("outcome")).innerText();

  await customer.route("**/api/v1/info", () => new Promise(() => undefined)); // the page has not noticed yet
  process.kill(Number(process.env.SUPERVISOR_PID), "SIGTERM");
  while (!(await gone())) await new Promise((resolve) => setTimeout(resolve, 200));
  await customer.click(byId("call-start"));
  await customer.locator('[data-problem="network"]').waitFor({ timeout: 20_000 });
  result.down = await customer.locator(byId("outcome")).innerText();
  await agent.locator(byId("banner-server")).waitFor({ timeout: 15_000 });
  result.bar = await agent.locator(byId("banner-server")).innerText();
  result.problems = [...customer.problems, ...agent.problems];
  return result;
});
