// A call with pictures in two browsers: held and taken back, its relay killed, the workbench reloaded.
import { base, byId, hears, pageOf, run, signIn } from "./lib.mjs";

/** What a page shows of the far end within two seconds: decoded pictures and how colourful the last one is. */
async function sees(page) {
  const decoded = () =>
    page.evaluate(async () => {
      const peer = window.peers.filter((each) => each.connectionState === "connected").at(-1);
      const stats = peer ? [...(await peer.getStats()).values()] : [];
      return stats
        .filter(({ type, kind }) => type === "inbound-rtp" && kind === "video")
        .reduce((sum, { framesDecoded = 0 }) => sum + framesDecoded, 0);
    });
  const before = await decoded();
  await page.waitForTimeout(2_000);
  const frames = (await decoded()) - before;
  const shown = page.locator(byId("remote-picture"));
  const visible = (await shown.count()) > 0 && (await shown.isVisible());
  const bright = visible
    ? await shown.evaluate((video) => {
        const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 48 });
        const context = canvas.getContext("2d");
        context.drawImage(video, 0, 0, 64, 48);
        const { data } = context.getImageData(0, 0, 64, 48);
        let count = 0;
        for (let at = 0; at < data.length; at += 4) count += Math.max(data[at], data[at + 1], data[at + 2]) > 60;
        return count / (64 * 48);
      })
    : 0;
  return { frames, visible, bright };
}

const gone = (page) => page.locator(`${byId("pictures")}[data-moving=false]`).waitFor({ timeout: 8_000 });
const moving = (page) => page.locator(`${byId("pictures")}[data-moving=true]`).waitFor({ timeout: 15_000 });

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
