// Consult, three talk, leave; announced transfer; a transfer that waits for the answer; and axe on each dialog.
import { axe, base, byId, hears, pageOf, run, signIn } from "./lib.mjs";

const [A, B] = process.env.WORKNOS.split(",");
const TONES = [2650, 1850, 1000];

async function ready(page) {
  const free = page.locator(byId("idle-card"));
  for (const button of ["finish-wrapup", "go-ready"]) {
    const wanted = page.locator(byId(button));
    await free.or(wanted).or(page.locator(byId("go-ready"))).first().waitFor();
    if (await wanted.isVisible()) await wanted.click();
  }
  await free.waitFor();
}

async function busy(page) {
  await page.click(byId("agent-state"));
  await page.click(byId("state-busy"));
  await page.locator(byId("busy-card")).waitFor();
}

const talking = (page) => page.locator('[data-testid="active-call"][data-phase="talking"]').waitFor({ timeout: 20_000 });

async function answer(page) {
  await page.click(byId("incoming-answer"), { timeout: 20_000 });
  await talking(page);
  await page.waitForTimeout(1_000);
}

/** The customer reaches A while B is busy; then B becomes ready. */
async function begin(a, b, customer) {
  await ready(a);
  await ready(b);
  await busy(b);
  await customer.goto(`${base}/call?to=1001`);
  await customer.click(byId("call-start"));
  await answer(a);
  await ready(b);
}

async function consult(a, b, result) {
  await a.click(byId("btn-consult"));
  await a.locator(byId(`target-agent-${B}`)).waitFor();
  if (result) result.violations["consult dialog"] = await axe(a);
  await a.click(byId(`target-agent-${B}`));
  await a.click(byId("consult-form-submit"));
  await answer(b);
  await talking(a);
}

const all = async (pages) => {
  const heard = {};
  for (const [name, page] of Object.entries(pages)) heard[name] = await hears(page, TONES);
  return heard;
};

await run(async (open) => {
  const a = await pageOf(await open(process.env.AGENT_TONE));
  const b = await pageOf(await open(process.env.SECOND_TONE));
  const customer = await pageOf(await open(process.env.CUSTOMER_TONE));
  const pages = { a, b, customer };
  const result = { violations: {} };
  await signIn(a, A);
  await signIn(b, B);

  await begin(a, b, customer);
  await consult(a, b, result);
  result.consult = await all(pages);
  result.held = await a.locator('[data-testid="contact-row"][data-phase="held"]').count();
  await a.click(byId("btn-threeWay"));
  await a.locator(byId("partners")).waitFor();
  await b.locator(byId("partners")).waitFor();
  await a.waitForTimeout(1_200);
  result.three = await all(pages);
  result.partners = await a.locator(byId("partners")).innerText();
  await a.click(byId("btn-hangUp"));
  await a.locator(byId("wrapup-card")).waitFor();
  result.violations["wrap-up"] = await axe(a);
  await b.locator(byId("partners")).waitFor({ state: "detached" });
  await b.waitForTimeout(1_000);
  result.left = { b: await hears(b, TONES), customer: await hears(customer, TONES) };
  result.rows = await b.locator(byId("contact-row")).count();
  await b.click(byId("btn-hangUp"));
  await customer.locator(byId("outcome")).waitFor();

  await begin(a, b, customer);
  await consult(a, b);
  await a.click(byId("btn-takeBack"));
  await b.locator(byId("active-call")).waitFor({ state: "detached" });
  await talking(a);
  await a.waitForTimeout(1_000);
  result.back = { a: await hears(a, TONES), customer: await hears(customer, TONES) };
  await ready(b);
  await consult(a, b);
  await a.click(byId("btn-connectHold"));
  await a.locator(byId("wrapup-card")).waitFor();
  await b.waitForTimeout(1_200);
  result.announced = { b: await hears(b, TONES), customer: await hears(customer, TONES) };
  await b.click(byId("btn-hangUp"));
  await customer.locator(byId("outcome")).waitFor();

  await begin(a, b, customer);
  await a.click(byId("btn-transfer"));
  await a.locator(byId(`target-agent-${B}`)).click();
  result.violations["transfer dialog"] = await axe(a);
  await a.locator(byId("transfer-mode")).getByText("Leave when answered").click();
  await a.click(byId("transfer-form-submit"));
  await b.locator(byId("incoming")).waitFor({ timeout: 20_000 });
  result.stillThere = await a.locator(byId("active-call")).count();
  await b.click(byId("incoming-reject"));
  await a.locator(byId("notice-transfer_failed")).waitFor();
  await talking(a);
  await a.waitForTimeout(1_000);
  result.failedTransfer = { customer: await hears(customer, TONES) };
  await a.click(byId("btn-hangUp"));
  await customer.locator(byId("outcome")).waitFor();
  result.problems = [a, b, customer].flatMap((page) => page.problems);
  return result;
});
