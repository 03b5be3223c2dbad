// A page of an enterprise, of another origin: its token gets the bar, the bar takes a customer's call, holds, transfers.
import { at, desk, frameOf } from "./bar_page.mjs";
import { axe, base, byId, hears, pageOf, run } from "./lib.mjs";

const { WORKNO, SECOND_WORKNO } = process.env;

async function signIn(bar) {
  await bar.click(at("signIn"));
  const inside = bar.locator('.bar[data-state="idle"]');
  const taken = bar.locator('[data-notice="failure"]');
  await inside.or(taken).first().waitFor({ timeout: 15_000 });
  if (await taken.isVisible()) {
    await bar.page().waitForTimeout(600);
    await bar.click(at("signIn"));
    await inside.waitFor();
  }
}

/** Buttons that are on, once the click before has been answered: until then all are off. */
async function enabled(bar) {
  await bar.locator('.bar button:enabled:not([data-button="devices"])').first().waitFor();
  return bar.evaluate(() =>
    [...document.querySelector("opencec-bar").shadowRoot.querySelectorAll(".bar button:not(:disabled)")]
      .map((button) => button.dataset.button)
      .filter((name) => name !== "devices"),
  );
}

const globals = (page) => page.evaluate(() => Object.getOwnPropertyNames(window));

await run(async (open) => {
  const agentBrowser = await open(process.env.AGENT_TONE);
  const agent = await pageOf(agentBrowser);
  await agent.addInitScript(() => {
    window.told = [];
    window.callback = (message) => window.told.push(message);
  });
  const result = { axe: {}, buttons: {} };

  // Globals of the page before and after the script ran.
  await agent.route("**/ccbarclient.js", async (route) => {
    if (route.request().method() === "POST") result.before = await globals(agent);
    await route.continue();
  });
  const bar = await desk(agent, "/", WORKNO);
  result.after = await globals(agent);
  result.frame = await agent.evaluate(() => window.frames.ccbarclient === document.querySelector("iframe").contentWindow);
  result.buttons.signedOut = await enabled(bar);
  await signIn(bar);
  result.buttons.idle = await enabled(bar);
  result.axe.idle = await axe(bar);

  // A customer calls; the page hears of it, one click answers.
  const customer = await pageOf(await open(process.env.CUSTOMER_TONE));
  await customer.goto(`${base}/call?to=1001`);
  await customer.click(byId("call-start"));
  await bar.locator(`${at("answer")}:enabled`).waitFor({ timeout: 15_000 });
  await agent.waitForTimeout(600);
  result.buttons.ringing = await enabled(bar);
  await bar.click(at("answer"));
  await bar.locator('[data-phase="talking"]').waitFor({ timeout: 15_000 });
  await agent.waitForTimeout(1_000);
  result.buttons.talking = await enabled(bar);
  result.talking = { customer: await hears(customer, [2650, 1000]) };
  result.axe.talking = await axe(bar);

  await bar.click(at("mute"));
  await bar.locator(`${at("unmute")}:enabled`).waitFor();
  result.buttons.muted = await enabled(bar);
  await agent.waitForTimeout(1_000);
  result.muted = { customer: await hears(customer, [2650]) };
  await bar.click(at("unmute"));
  await bar.locator(`${at("mute")}:enabled`).waitFor();

  await agent.waitForTimeout(600);
  await bar.click(at("hold"));
  await bar.locator('[data-phase="held"]').waitFor();
  result.buttons.held = await enabled(bar);
  await agent.waitForTimeout(1_200);
  result.held = { customer: await hears(customer, [2650]) };
  await bar.click(at("retrieve"));
  await bar.locator('[data-phase="talking"]').waitFor();

  const callbacks = () => agent.evaluate(() => window.told.map(({ event }) => event?.eventType).filter(Boolean));
  result.callbacks = await callbacks();

  // A reload in the middle of the call: phone, session and call come back.
  await agent.reload();
  const again = await frameOf(agent);
  await again.locator('[data-phase="talking"]').waitFor({ timeout: 20_000 });
  await agent.waitForTimeout(2_500);
  result.reloaded = { customer: await hears(customer, [2650]) };

  // The other agent has the element, under a strict policy of the page; the call is transferred there.
  const second = await pageOf(await open(process.env.SECOND_TONE));
  const other = await desk(second, "/element.html", SECOND_WORKNO);
  await signIn(other);
  await again.click(at("transfer"));
  result.axe.transfer = await axe(again);
  await again.locator("[data-field=search]").fill(SECOND_WORKNO);
  await again.click(`[data-target="${SECOND_WORKNO}"]`);
  await other.locator(`${at("answer")}:enabled`).waitFor({ timeout: 15_000 });
  await second.waitForTimeout(600);
  await other.click(at("answer"));
  await other.locator('[data-phase="talking"]').waitFor({ timeout: 15_000 });
  await second.waitForTimeout(1_200);
  result.transferred = { customer: await hears(customer, [2650, 1850]) };
  result.pop = JSON.parse(await second.innerText("#pop"));
  await again.locator('.bar[data-state="wrapUp"]').waitFor();
  result.buttons.wrapUp = await enabled(again);
  result.log = await agent.innerText("#told");
  result.callbacks.push(...(await callbacks()));

  // The documented call from the page, and its answer.
  await again.click(at("exitWork"));
  await again.locator('.bar[data-state="idle"]').waitFor();
  await agent.fill("#number", "0000");
  await agent.click("#call button");
  await agent.locator("#told").filter({ hasText: "callout:" }).waitFor();
  await again.locator('[data-phase="talking"]').waitFor({ timeout: 15_000 });
  result.buttons.outbound = await enabled(again);
  await agent.waitForTimeout(600);
  await again.click(at("hangUp"));
  await again.locator('.bar[data-state="wrapUp"]').waitFor({ timeout: 15_000 });
  await agent.waitForTimeout(600);
  await again.click(at("exitWork"));
  await again.locator('.bar[data-state="idle"]').waitFor();
  result.callout = (await agent.innerText("#told")).split("\n").find((line) => line.startsWith("callout:"));

  // The second agent asks the first one for help, then all three talk, then the helper leaves.
  await agent.waitForTimeout(600);
  await other.click(at("consult"));
  await other.click(`[data-target="${WORKNO}"]`);
  await again.locator(`${at("answer")}:enabled`).waitFor({ timeout: 15_000 });
  await agent.waitForTimeout(600);
  await again.click(at("answer"));
  await other.locator(`${at("threeWay")}:enabled`).waitFor({ timeout: 15_000 });
  result.buttons.consult = await enabled(other);
  await agent.waitForTimeout(1_500);
  result.consult = { agent: await hears(again, [1850, 1000]), customer: await hears(customer, [1850]) };
  await second.waitForTimeout(600);
  await other.click(at("threeWay"));
  await other.locator(`${at("threeWay")}:enabled`).waitFor({ state: "detached" });
  await agent.waitForTimeout(1_500);
  result.buttons.conference = await enabled(other);
  result.three = { agent: await hears(again, [1850, 1000]), customer: await hears(customer, [1850, 2650]) };
  await again.click(at("hangUp"));
  await again.locator('.bar[data-state="wrapUp"]').waitFor({ timeout: 15_000 });
  await second.waitForTimeout(1_500);
  result.buttons.alone = await enabled(other);
  result.alone = { customer: await hears(customer, [1850, 2650]) };

  await other.click(at("hangUp"));
  await other.locator('.bar[data-state="wrapUp"]').waitFor({ timeout: 15_000 });
  await second.waitForTimeout(600);
  await other.click(at("signOut"));
  await other.locator('.bar[data-state="signedOut"]').waitFor();
  result.problems = [...agent.problems, ...second.problems, ...customer.problems];
  return result;
});
