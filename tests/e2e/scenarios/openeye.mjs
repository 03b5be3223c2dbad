// The softphone SDK on a plain page of another origin: it registers, makes the test call, takes a call of a colleague.
import { hears, pageOf, run } from "./lib.mjs";

const { PAGE_URL, PHONE_USER, DEMO_PASSWORD } = process.env;

const told = async (page) =>
  (await page.innerText("#told"))
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line))
    .reverse();

async function until(page, description) {
  await page.locator("#told").filter({ hasText: description }).waitFor({ timeout: 20_000 });
  return (await told(page)).filter((each) => each.description === description).at(-1);
}

await run(async (open) => {
  const page = await pageOf(await open(process.env.AGENT_TONE));
  await page.addInitScript(() => {
    const Original = window.WebSocket;
    window.sockets = [];
    window.WebSocket = class extends Original {
      constructor(...given) {
        super(...given);
        window.sockets.push(this);
      }
    };
  });
  await page.goto(`${PAGE_URL}/softphone.html`, { waitUntil: "networkidle" });
  const result = {};
  result.globals = await page.evaluate(() => {
    const frame = document.body.appendChild(document.createElement("iframe"));
    const plain = new Set(Object.getOwnPropertyNames(frame.contentWindow));
    frame.remove();
    return Object.getOwnPropertyNames(window).filter((name) => !plain.has(name));
  });

  await page.fill("#user", PHONE_USER);
  await page.fill("#password", "wrong");
  await page.click("#register button");
  result.refused = await until(page, "TSDK_E_LOGIN_EVT_LOGIN_FAILED");
  await page.reload({ waitUntil: "networkidle" });
  await page.fill("#user", PHONE_USER);
  await page.fill("#password", DEMO_PASSWORD);
  await page.click("#register button");
  result.registered = await until(page, "TSDK_E_LOGIN_EVT_LOGIN_SUCCESS");

  // The test call comes back as an echo.
  await page.click("#test");
  result.connected = await until(page, "TSDK_E_CALL_EVT_CALL_CONNECTED");
  await page.waitForTimeout(1_500);
  result.echo = await hears(page, [2650]);
  await page.click("#key");
  await until(page, "tsdk_send_dtmf");
  await page.click("#mute");
  await until(page, "tsdk_mute_mic");
  await page.waitForTimeout(1_500);
  result.muted = await hears(page, [2650]);
  result.quality = await until(page, "opencec_call_quality");
  await page.click("#end");
  result.ended = await until(page, "TSDK_E_CALL_EVT_CALL_ENDED");

  // The connection goes away and comes back: registered again without a word from the page.
  await page.evaluate(() => {
    document.getElementById("told").textContent = "";
    for (const socket of window.sockets) socket.close();
  });
  result.again = await until(page, "TSDK_E_LOGIN_EVT_LOGIN_SUCCESS");
  result.order = (await told(page)).map(({ description }) => description);
  result.problems = page.problems;
  return result;
});
