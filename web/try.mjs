import { chromium } from "playwright-core";

const base = process.argv[2] || "http://127.0.0.1:8080";
const launch = (tone) =>
  chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      `--use-file-for-fake-audio-capture=${tone}`,
      "--allow-loopback-in-peer-connection",
      "--autoplay-policy=no-user-gesture-required",
    ],
  });
const hook = () => {
  const P = window.RTCPeerConnection;
  window.__pcs = [];
  window.RTCPeerConnection = (...a) => {
    const p = new P(...a);
    window.__pcs.push(p);
    return p;
  };
  window.RTCPeerConnection.prototype = P.prototype;
  Object.assign(window.RTCPeerConnection, P);
};
const hear = (page, freqs) =>
  page.evaluate(async (freqs) => {
    const pc = window.__pcs.filter((p) => p.connectionState === "connected").at(-1);
    if (!pc) return { error: window.__pcs.map((p) => p.connectionState + "/" + p.iceConnectionState).join() };
    const track = pc.getReceivers()[0].track;
    const ctx = new AudioContext();
    await ctx.resume();
    const src = ctx.createMediaStreamSource(new MediaStream([track]));
    const an = ctx.createAnalyser();
    an.fftSize = 8192;
    src.connect(an);
    await new Promise((r) => setTimeout(r, 800));
    const d = new Float32Array(an.frequencyBinCount);
    an.getFloatFrequencyData(d);
    const out = {};
    for (const f of freqs) out[f] = Math.round(d[Math.round(f / (ctx.sampleRate / an.fftSize))]);
    return out;
  }, freqs);
const a = await launch("/tmp/tone600.wav"),
  c = await launch("/tmp/tone1000.wav");
const ap = await (await a.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
const cp = await (await c.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
for (const [n, p] of [
  ["agent", ap],
  ["cust", cp],
]) {
  await p.addInitScript(hook);
  p.on(
    "console",
    (m) =>
      (m.type() === "error" || m.type() === "warning") && console.log(n, m.type(), m.text().slice(0, 300)),
  );
  p.on("pageerror", (e) => console.log(n, "pageerror", e.message));
}

export { a, ap, base, c, cp, hear };

if (process.argv[1].endsWith("try.mjs")) {
  await ap.goto(base + "/workbench");
  await ap.waitForTimeout(1500);
  await ap.screenshot({ path: "/tmp/wb1.png" });
  const ids = await ap.evaluate(() =>
    [...document.querySelectorAll("[data-testid]")].map((e) => e.dataset.testid),
  );
  console.log(ids.join(" "));
  await cp.goto(base + "/call");
  await cp.waitForTimeout(1500);
  await cp.screenshot({ path: "/tmp/call1.png" });
  console.log(
    (
      await cp.evaluate(() => [...document.querySelectorAll("[data-testid]")].map((e) => e.dataset.testid))
    ).join(" "),
  );
  await a.close();
  await c.close();
}
