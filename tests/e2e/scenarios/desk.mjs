// A day at the workbench: three agents, a customer, and a number outside.
import { base, byId, hears, pageOf, run, signIn } from "./lib.mjs";

const [A, B, C] = process.env.WORKNOS.split(",");
const text = (page, id) => page.locator(byId(id)).innerText();
const wait = (page, id, timeout = 20_000) => page.locator(byId(id)).first().waitFor({ timeout });

async function choose(page, item) {
  await page.click(byId("agent-state"));
  await page.click(byId(item));
}

/** Ends wrap-up if there is one, and becomes ready. */
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
  await choose(page, "state-busy");
  await wait(page, "busy-card");
}

async function answer(page) {
  await page.click(byId("incoming-answer"), { timeout: 20_000 });
  await page.locator('[data-testid="active-call"][data-phase="talking"]').waitFor();
  await page.waitForTimeout(800);
}

async function customerCalls(page, to = "1001") {
  await page.goto(`${base}/call?to=${to}`);
  await page.click(byId("call-start"));
}

async function outbound(page) {
  await page.click(byId("btn-callOut"));
  await page.fill(byId("target-search"), "+1 (555) 01-23");
  await page.click(byId("call-form-submit"));
  await page.locator('[data-testid="active-call"][data-phase="talking"]').waitFor({ timeout: 20_000 });
  const result = { number: await text(page, "call-number") };
  await page.waitForTimeout(1_500);
  result.hears = await hears(page, [1300]);
  result.talkedUntil = Date.now() / 1000;
  await page.click(byId("btn-mute"));
  await wait(page, "muted-note");
  await page.waitForTimeout(400);
  const mutedFrom = Date.now() / 1000;
  await page.waitForTimeout(1_000);
  result.muted = [mutedFrom, Date.now() / 1000];
  await page.click(byId("btn-unmute"));
  await page.locator(byId("muted-note")).waitFor({ state: "detached" });
  await page.click(byId("btn-dial"));
  for (const key of ["key-1", "key-9", "key-hash"]) await page.click(byId(key));
  result.dialled = await text(page, "dial-sent");
  await page.waitForTimeout(1_500);
  await page.keyboard.press("Escape");
  await page.locator(byId("keypad")).waitFor({ state: "detached" });
  await page.click(byId("btn-hangUp"));
  await wait(page, "wrapup-card");
  return result;
}

async function internal(from, to) {
  await from.click(byId("btn-callOut"));
  await from.fill(byId("target-search"), B);
  await from.click(byId(`target-agent-${B}`));
  await from.click(byId("call-form-submit"));
  // The phone rings a moment before the gateway says who it is.
  await to.locator(byId("incoming-number")).getByText("Agent").waitFor({ timeout: 20_000 });
  const shown = await text(to, "incoming-number");
  await answer(to);
  const result = { shown, from: await hears(from, [1850]), to: await hears(to, [2650]) };
  result.hold = await from.locator(byId("btn-hold")).getAttribute("title");
  await from.click(byId("btn-hangUp"));
  await Promise.all([ready(from), ready(to)]);
  return result;
}

async function transfers(a, b, customer) {
  await busy(b);
  await customerCalls(customer);
  await answer(a);
  await ready(b);
  await a.click(byId("btn-transfer"));
  await a.click(byId(`target-agent-${B}`));
  await a.click(byId("transfer-form-submit"));
  await answer(b);
  const result = { toColleague: await hears(customer, [1850, 2650]) };
  result.callid = (await text(b, "details")).match(/\d{10}-\d+/)?.[0];
  result.outcome = await a.locator(byId("log-row")).first().getAttribute("data-outcome");
  await ready(a);
  await b.click(byId("btn-transfer"));
  await b.click(byId("target-queue-2"));
  await b.click(byId("transfer-form-submit"));
  await wait(a, "incoming");
  result.queue = await text(a, "incoming-queue");
  await ready(b);
  await a.click(byId("incoming-reject"));
  await wait(a, "busy-reason");
  result.rejected = await text(a, "busy-reason");
  await answer(b);
  result.afterReject = await hears(customer, [1850]);
  result.sameCall = (await text(b, "details")).match(/\d{10}-\d+/)?.[0] === result.callid;
  await b.click(byId("btn-hangUp"));
  await wait(customer, "outcome");
  return result;
}

async function rest(page) {
  await ready(page);
  await choose(page, "state-rest");
  await page.fill(byId("rest-minutes"), "1");
  await page.click(byId("rest-form-submit"));
  await wait(page, "rest-left");
  const result = { left: await text(page, "rest-left") };
  await page.getByText("Your rest ended").waitFor({ timeout: 75_000 });
  result.over = await text(page, "rest-left");
  await page.click(byId("end-rest"));
  await wait(page, "idle-card");
  return result;
}

await run(async (open) => {
  const second = await open(process.env.SECOND_TONE);
  const a = await pageOf(await open(process.env.AGENT_TONE));
  const [b, c] = [await pageOf(second), await pageOf(second)];
  const customer = await pageOf(await open(process.env.CUSTOMER_TONE));
  for (const [page, workno] of [[a, A], [b, B], [c, C]]) await signIn(page, workno);
  const result = {};
  await Promise.all([busy(a), busy(b)]);
  await customerCalls(customer);
  await answer(c);
  await customer.click(byId("call-hangup"));
  await wait(c, "wrapup-card");
  const wrapUpSince = Date.now();
  const timer = c.locator(byId("idle-card")).waitFor({ timeout: 180_000 });
  const wrapUpS = timer.then(() => (Date.now() - wrapUpSince) / 1000);
  wrapUpS.catch(() => undefined); // when something else fails first

  result.outbound = await outbound(a);
  await Promise.all([ready(a), ready(b)]);
  result.internal = await internal(a, b);
  result.transfers = await transfers(a, b, customer);
  result.rest = await rest(a);
  result.wrapUpS = await wrapUpS;

  await a.click(byId("account-menu"));
  await a.click(byId("sign-out"));
  await wait(a, "signin-form");
  result.signedOut = await a.locator(byId("session-ended")).count();
  const elsewhere = await pageOf(second);
  await signIn(elsewhere, B);
  await wait(elsewhere, "agent-state");
  await wait(b, "session-ended");
  result.elsewhere = await text(b, "session-ended");
  await elsewhere.evaluate(() => {
    const kept = JSON.parse(sessionStorage.getItem("opencec.workbench"));
    sessionStorage.setItem("opencec.workbench", JSON.stringify({ ...kept, guid: "long-forgotten" }));
    location.reload();
  });
  await wait(elsewhere, "session-ended");
  result.expired = await text(elsewhere, "session-ended");
  result.problems = [a, b, c, customer, elsewhere].flatMap((page) => page.problems);
  return result;
});
