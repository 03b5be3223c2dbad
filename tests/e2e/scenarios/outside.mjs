// Screen pops, transfers to a number outside (talk first, all three), and an inspector who takes a call over.
import { base, byId, hears, pageOf, run, signIn } from "./lib.mjs";

const [A, INSPECTOR] = process.env.WORKNOS.split(",");
const TONES = [2650, 1850, 1000, 1300];
const OUTSIDE = "15550123";

const talking = (page) =>
  page.locator('[data-testid="active-call"][data-phase="talking"]').waitFor({ timeout: 20_000 });

async function begin(agent, customer) {
  await customer.goto(`${base}/call?to=1001`);
  await customer.click(byId("call-start"));
  await agent.click(byId("incoming-answer"), { timeout: 20_000 });
  await talking(agent);
}

async function finish(agent) {
  await agent.click(byId("finish-wrapup"));
  await agent.locator(byId("idle-card")).waitFor();
}

async function toNumber(agent, words) {
  await agent.click(byId("btn-transfer"));
  await agent.fill(byId("target-search"), OUTSIDE);
  await agent.locator(byId("transfer-mode")).getByText(words).click();
  await agent.click(byId("transfer-form-submit"));
  await agent.locator(byId("transfer-form")).waitFor({ state: "detached" });
}

await run(async (open) => {
  const a = await pageOf(await open(process.env.AGENT_TONE));
  const customer = await pageOf(await open(process.env.CUSTOMER_TONE));
  const result = {};
  await signIn(a, A);
  await a.locator(byId("idle-card")).waitFor();

  const tab = a.context().waitForEvent("page", { timeout: 20_000 });
  await begin(a, customer);
  result.tab = (await tab).url();
  await (await tab).close();
  const frame = a.locator(byId("pop-frame"));
  await frame.waitFor({ timeout: 10_000 });
  result.frame = await frame.getAttribute("src");
  await a.frameLocator(byId("pop-frame")).getByText("customer record").waitFor({ timeout: 10_000 });

  await toNumber(a, "Talk first");
  await a.waitForTimeout(4_000);
  result.talk = { a: await hears(a, TONES), customer: await hears(customer, TONES) };
  await a.click(byId("btn-hangUp"));
  await a.locator(byId("wrapup-card")).waitFor();
  await customer.waitForTimeout(1_500);
  result.connected = await hears(customer, TONES);
  await customer.click(byId("call-hangup"));
  await finish(a);

  await begin(a, customer);
  await toNumber(a, "All three");
  await a.waitForTimeout(4_000);
  result.three = { a: await hears(a, TONES), customer: await hears(customer, TONES) };
  await a.click(byId("btn-hangUp"));
  await a.locator(byId("wrapup-card")).waitFor();
  await customer.waitForTimeout(1_500);
  result.left = await hears(customer, TONES);
  await customer.click(byId("call-hangup"));
  await finish(a);

  const inspector = await pageOf(await open(process.env.SECOND_TONE), { width: 1440, height: 900 });
  await signIn(inspector, INSPECTOR);
  await inspector.locator(byId(`team-${A}`)).waitFor();
  await begin(a, customer);
  await inspector.click(byId(`listen-${A}`));
  await inspector.locator(byId("inspecting")).waitFor({ timeout: 20_000 });
  await inspector.click(byId("intercept"));
  await talking(inspector);
  await a.locator(byId("active-call")).waitFor({ state: "detached" });
  await inspector.waitForTimeout(1_500);
  result.intercepted = { customer: await hears(customer, TONES), inspector: await hears(inspector, TONES) };
  await customer.click(byId("call-hangup"));
  await inspector.locator(byId("active-call")).waitFor({ state: "detached" });
  result.problems = [a, customer, inspector].flatMap((page) => page.problems);
  return result;
});
