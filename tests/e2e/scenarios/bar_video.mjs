// Pages of another origin in calls with pictures: the connection bar takes one, then the softphone SDK does.
import { at, desk, frameOf } from "./bar_page.mjs";
import { axe, base, byId, hears, pageOf, run } from "./lib.mjs";

const { PAGE_URL, WORKNO, PHONE_WORKNO, PHONE_USER, DEMO_PASSWORD } = process.env;

async function signIn(bar) {
  await bar.click(at("signIn"));
  const inside = bar.locator('.bar[data-state="idle"]');
  const taken = bar.locator('[data-notice="failure"]');
  await inside.or(taken).first().waitFor({ timeout: 15_000 });
  if (await taken.isVisible()) {
    await bar.page().waitForTimeout(600);
    await bar.click(at("signIn"));
    await inside.waitFor();
    // The session before was in wrap-up, and so is this one.
    await bar.page().waitForTimeout(1_500);
    const work = bar.locator(`${at("exitWork")}:enabled`);
    if (await work.count()) await work.click();
    await inside.waitFor();
  }
}

/** Clicks in quick succession are dropped, so each waits until the one before is over. */
async function press(bar, name) {
  await bar.page().waitForTimeout(600);
  await bar.locator(`${at(name)}:enabled`).click({ timeout: 15_000 });
}

/** What a `<video>` shows within a second and a half: its width, new frames, and how colourful the last one is. */
async function sees(place, selector) {
  const video = place.locator(selector);
  if ((await video.count()) === 0 || !(await video.isVisible())) return { visible: false, width: 0, frames: 0, bright: 0 };
  return video.evaluate(async (element) => {
    const count = () => element.getVideoPlaybackQuality().totalVideoFrames;
    const before = count();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 48 });
    const context = canvas.getContext("2d");
    context.drawImage(element, 0, 0, 64, 48);
    const { data } = context.getImageData(0, 0, 64, 48);
    let bright = 0;
    for (let index = 0; index < data.length; index += 4) bright += Math.max(data[index], data[index + 1], data[index + 2]) > 60;
    return { visible: true, width: element.videoWidth, frames: count() - before, bright: bright / (64 * 48) };
  });
}

const FAR = "[data-picture=remote]";
const CUSTOMER = byId("remote-picture");
const barMoves = (bar, is = true) => bar.locator(`.stage[data-moving=${is}]`).waitFor({ timeout: 15_000 });
const customerMoves = (page, is = true) =>
  page.locator(`${byId("pictures")}[data-moving=${is}]`).waitFor({ timeout: 15_000 });

await run(async (open) => {
  const agent = await pageOf(await open(process.env.AGENT_TONE));
  const customer = await pageOf(await open(process.env.CUSTOMER_TONE));
  const result = {};
  const bar = await desk(agent, "/element.html", WORKNO);
  await signIn(bar);
  await customer.goto(`${base}/call`);
  await customer.click(byId("call-video"));
  await press(bar, "answer");
  await Promise.all([barMoves(bar), customerMoves(customer)]);
  const both = async (place = bar) => ({ bar: await sees(place, FAR), customer: await sees(customer, CUSTOMER) });
  result.talking = await both();
  result.own = await sees(bar, "[data-picture=own]");
  result.heard = await hears(customer, [2650, 1000]);
  result.axe = await axe(bar);
  result.buttons = await bar.evaluate(() =>
    [...document.querySelector("opencec-bar").shadowRoot.querySelectorAll(".bar button:not(:disabled)")].map(
      (button) => button.dataset.button,
    ),
  );

  await press(bar, "freeze");
  await customerMoves(customer, false);
  result.frozen = await both();
  await press(bar, "unfreeze");
  await customerMoves(customer);
  result.shown = await both();

  await press(bar, "hold");
  await bar.locator('[data-phase="held"]').waitFor();
  await customerMoves(customer, false);
  await press(bar, "retrieve");
  await Promise.all([barMoves(bar), customerMoves(customer)]);
  result.retrieved = await both();

  await press(bar, "toVoice");
  await bar.locator(".stage").waitFor({ state: "detached" });
  await customer.locator(byId("pictures")).waitFor({ state: "detached" });
  result.voice = await hears(customer, [2650]);
  await press(bar, "toVideo");
  await Promise.all([barMoves(bar), customerMoves(customer)]);
  result.again = await both();

  await agent.reload();
  const back = await frameOf(agent);
  await back.locator('[data-phase="talking"]').waitFor({ timeout: 20_000 });
  await Promise.all([barMoves(back), customerMoves(customer)]);
  result.reloaded = await both(back);
  result.reloadedSound = await hears(customer, [2650]);
  await press(back, "hangUp");
  await back.locator('.bar[data-state="wrapUp"]').waitFor({ timeout: 15_000 });
  await press(back, "signOut");
  await back.locator('.bar[data-state="signedOut"]').waitFor();

  // A phone of one's own that is the SDK in another page: the bar signals, the SDK has sound and pictures.
  const phone = await pageOf(await open(process.env.SECOND_TONE));
  await phone.goto(`${PAGE_URL}/softphone.html`, { waitUntil: "networkidle" });
  await phone.fill("#user", PHONE_USER);
  await phone.fill("#password", DEMO_PASSWORD);
  await phone.click("#register button");
  const told = (text) => phone.locator("#told").filter({ hasText: text }).waitFor({ timeout: 20_000 });
  await told("TSDK_E_LOGIN_EVT_LOGIN_SUCCESS");
  const owner = await pageOf(await open(null));
  const own = await desk(owner, "/element.html", PHONE_WORKNO);
  await own.selectOption("[data-field=mode]", "own");
  await signIn(own);
  await customer.goto(`${base}/call`);
  await customer.click(byId("call-video"));
  await told('"maybeVideoCall":1');
  await phone.click("#accept-video");
  await press(own, "answer").catch(() => undefined); // the call is answered once the phone is
  await own.locator('[data-phase="talking"]').waitFor({ timeout: 15_000 });
  await customerMoves(customer);
  const window = '[aria-label="Video"] video.far';
  await phone.locator(window).waitFor({ timeout: 15_000 });
  await phone.waitForTimeout(1_500);
  result.sdk = { phone: await sees(phone, window), customer: await sees(customer, CUSTOMER) };
  await phone.click("#camera");
  await customerMoves(customer, false);
  result.sdkMuted = { phone: await sees(phone, window), customer: await sees(customer, CUSTOMER) };
  await press(own, "toVoice");
  await phone.locator('[aria-label="Video"]').waitFor({ state: "detached", timeout: 10_000 });
  await customer.locator(byId("pictures")).waitFor({ state: "detached", timeout: 10_000 });
  await phone.click("#camera-on");
  await press(own, "toVideo");
  await phone.locator(window).waitFor({ timeout: 15_000 });
  await customerMoves(customer);
  result.sdkAgain = { phone: await sees(phone, window), customer: await sees(customer, CUSTOMER) };
  await phone.click("#end");
  await own.locator('.bar[data-state="wrapUp"]').waitFor({ timeout: 15_000 });
  await press(own, "signOut");
  result.problems = [...agent.problems, ...customer.problems, ...phone.problems, ...owner.problems];
  return result;
});
