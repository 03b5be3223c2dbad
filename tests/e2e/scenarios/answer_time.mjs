// From the click on Answer to sound on both sides, five calls; nothing is negotiated after the click.
import { base, byId, pageOf, plainMicrophone, run, signIn, startMeter } from "./lib.mjs";

/** Notes when things happen that an answer is made of. */
function watch() {
  window.marks = {};
  const mark = (name) => {
    window.marks[name] ??= performance.timeOrigin + performance.now();
  };
  addEventListener("click", (event) => {
    if (!event.target.closest('[data-testid="incoming-answer"]')) return;
    window.marks = {};
    mark("click");
  }, true);
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(...given) {
      super(...given);
      mark("peer");
      this.addEventListener("icecandidate", () => mark("candidate"));
      this.addEventListener("iceconnectionstatechange", () => mark(`ice ${this.iceConnectionState}`));
      this.addEventListener("connectionstatechange", () => mark(`peer ${this.connectionState}`));
    }
    setRemoteDescription(...given) {
      mark("remote description");
      return super.setRemoteDescription(...given);
    }
    async setLocalDescription(...given) {
      await super.setLocalDescription(...given);
      mark("local description");
    }
  };
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (String(data).startsWith("SIP/2.0 200")) mark("200");
    return send.call(this, data);
  };
  const original = window.fetch;
  window.fetch = async (url, ...rest) => {
    const asked = String(url).includes("/answer");
    if (asked) mark("answer asked");
    const response = await original(url, ...rest);
    if (asked) mark("answer done");
    return response;
  };
}

await run(async (open) => {
  const agent = await pageOf(await open(process.env.AGENT_TONE), { bypassCSP: true });
  const customer = await pageOf(await open(process.env.CUSTOMER_TONE), { bypassCSP: true });
  for (const page of [agent, customer]) {
    await page.addInitScript(plainMicrophone);
    await page.addInitScript(watch);
  }
  await signIn(agent, process.env.WORKNO);
  const calls = [];
  for (let turn = 0; turn < 5; turn++) {
    await agent.locator(byId("idle-card")).waitFor();
    await customer.goto(`${base}/call?to=1001`);
    await customer.click(byId("call-start"));
    await agent.locator(byId("incoming-answer")).waitFor({ timeout: 20_000 });
    await agent.waitForTimeout(700);
    await startMeter(customer, 2650);
    await startMeter(agent, 1000);
    await agent.waitForTimeout(300);
    await agent.click(byId("incoming-answer"));
    await agent.locator(byId("active-call")).waitFor();
    await agent.waitForTimeout(1_500);
    const { click, ...marks } = await agent.evaluate(() => window.marks);
    const heard = await Promise.all([customer, agent].map((page) => page.evaluate(() => window.meter.firstAt)));
    const parts = Object.fromEntries(Object.entries(marks).map(([name, at]) => [name, Math.round(at - click)]));
    calls.push({ customer: Math.round(heard[0] - click), agent: Math.round(heard[1] - click), parts });
    await agent.click(byId("btn-hangUp"));
    await agent.click(byId("finish-wrapup"));
  }
  return { calls, problems: [...agent.problems, ...customer.problems] };
});
