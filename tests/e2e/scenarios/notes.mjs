// A call through a menu: the agent sees the choice, writes a note and a reason; two tabs of one agent ring once.
import { axe, base, byId, pageOf, run, signIn, tabOf } from "./lib.mjs";

/** For `addInitScript`: counts the tones that a page begins. */
function countTones() {
  window.tones = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...given) {
    window.tones += 1;
    return start.apply(this, given);
  };
}

const text = (page, id) => page.locator(byId(id)).first().innerText();

await run(async (open) => {
  const browser = await open(process.env.AGENT_TONE);
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-US" });
  const [a, second] = [await tabOf(context), await tabOf(context)];
  for (const page of [a, second]) await page.addInitScript(countTones);
  const customer = await pageOf(await open(process.env.CUSTOMER_TONE));
  const result = { violations: {} };
  await signIn(a, process.env.WORKNO);
  await a.locator(byId("idle-card")).waitFor();
  // A tab that was copied has the session of the first; the phone stays where it is.
  const kept = await a.evaluate(() => sessionStorage.getItem("opencec.workbench"));
  await second.addInitScript((value) => sessionStorage.setItem("opencec.workbench", value), kept);
  await second.goto(`${base}/workbench`);
  await second.locator(byId("banner-follows")).waitFor({ timeout: 20_000 });
  await second.mouse.click(5, 5);
  await a.mouse.click(5, 5);

  await customer.goto(`${base}/call?to=1000`);
  await customer.click(byId("call-start"));
  await customer.locator('[data-testid="call-timer"]').waitFor({ timeout: 20_000 });
  await customer.waitForTimeout(2_500);
  await customer.keyboard.press("1");
  await a.locator(byId("incoming")).waitFor({ timeout: 40_000 });
  await second.locator(byId("incoming")).waitFor();
  await a.waitForTimeout(1_500);
  result.path = await text(a, "call-path");
  result.tones = [await a.evaluate(() => window.tones), await second.evaluate(() => window.tones)];
  await a.click(byId("incoming-answer"));
  await a.locator('[data-testid="active-call"][data-phase="talking"]').waitFor({ timeout: 20_000 });
  await a.fill(byId("note"), "Wants a copy of the invoice");
  await a.locator('[data-testid="note-kept"][data-kept="kept"]').waitFor();
  result.violations.talking = await axe(a);
  result.callid = (await text(a, "details")).match(/\d{10}-\d+/)?.[0];
  await customer.click(byId("call-hangup"));
  await a.locator(byId("wrapup-card")).waitFor();
  await a.locator(byId("reason-6")).check({ force: true });
  await a.locator('[data-testid="note-kept"][data-kept="kept"]').waitFor();
  result.left = await text(a, "wrapup-left");
  result.violations["wrap-up"] = await axe(a);
  await a.click(byId("finish-wrapup"));
  await a.locator(byId("idle-card")).waitFor();
  await a.reload();
  await a.locator(byId("log-row")).first().waitFor();
  result.today = await text(a, "log-row");
  result.problems = [a, second, customer].flatMap((page) => page.problems);
  return result;
});
