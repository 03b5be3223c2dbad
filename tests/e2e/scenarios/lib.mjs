// What the browser scenarios share: Chromium with a tone as microphone, and ears on what a page hears.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const require = createRequire(fileURLToPath(new URL("../../../web/package.json", import.meta.url)));
const { chromium } = require("playwright-core");
export const axeSource = require("axe-core").source;

export const base = process.env.BASE_URL;
export const password = process.env.DEMO_PASSWORD;

const ARGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
  "--allow-loopback-in-peer-connection",
];

/** A browser whose microphone is a WAV file; null: no microphone at all. */
export function browserWith(tone) {
  const media = tone
    ? ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", `--use-file-for-fake-audio-capture=${tone}`]
    : [];
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: [...ARGS, ...media] });
}

/** A page of its own context; see `tabOf`. */
export async function pageOf(browser, { width = 1280, height = 800, locale = "en-US", ...more } = {}) {
  return tabOf(await browser.newContext({ viewport: { width, height }, locale, ...more }));
}

/** A page that keeps its peer connections in `window.peers`, its errors and breaches of its CSP in `page.problems`. */
export async function tabOf(context) {
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(error.message));
  page.on("console", (message) => {
    if (message.text().startsWith("CSP: ")) page.problems.push(message.text());
  });
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile }) =>
      console.error(`CSP: ${violatedDirective} ${blockedURI} ${sourceFile}`),
    );
    const Original = window.RTCPeerConnection;
    window.peers = [];
    if (!Original) return;
    window.RTCPeerConnection = class extends Original {
      constructor(...given) {
        super(...given);
        window.peers.push(this);
        window.onPeer?.(this);
      }
    };
  });
  return page;
}

/** For `addInitScript`: noise suppression takes a steady tone for noise, so measurements go without. */
export function plainMicrophone() {
  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = () =>
    open({ audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
}

/** An audio worklet that tells the level of one frequency every 20 ms. */
const METER = `
registerProcessor("tone-meter", class extends AudioWorkletProcessor {
  constructor({ processorOptions: { frequency } }) {
    super();
    this.size = Math.round(sampleRate / 50);
    this.step = (2 * Math.PI * frequency) / sampleRate;
    this.clear();
  }
  clear() {
    this.count = this.real = this.imaginary = 0;
  }
  process([[samples]]) {
    for (const sample of samples ?? new Float32Array(128)) {
      this.real += sample * Math.cos(this.step * this.count);
      this.imaginary += sample * Math.sin(this.step * this.count);
      if (++this.count < this.size) continue;
      this.port.postMessage([currentTime, (2 * Math.hypot(this.real, this.imaginary)) / this.size]);
      this.clear();
    }
    return true;
  }
});`;

/** From now on `window.meter.levels` has a frequency's amplitude (0..1) in what the page plays, every 20 ms.
 * The page needs `bypassCSP`. */
export function startMeter(page, frequency) {
  return page.evaluate(async ([wanted, source]) => {
    const context = new AudioContext();
    await context.resume();
    await context.audioWorklet.addModule(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
    window.meter = { levels: [], firstAt: null };
    const node = new AudioWorkletNode(context, "tone-meter", { processorOptions: { frequency: wanted } });
    node.port.onmessage = ({ data: [time, level] }) => {
      window.meter.levels.push(level);
      // When the sound was there, not when this thread was told.
      if (level > 0.02) window.meter.firstAt ??= performance.timeOrigin + performance.now() - (context.currentTime - time) * 1000;
    };
    node.connect(context.destination);
    const play = (peer) => {
      const receiver = peer.getReceivers()[0];
      if (receiver) context.createMediaStreamSource(new MediaStream([receiver.track])).connect(node);
    };
    const peer = window.peers.filter((each) => each.connectionState === "connected").at(-1);
    if (peer) play(peer);
    else window.onPeer = (fresh) => fresh.addEventListener("track", () => play(fresh), { once: true });
  }, [frequency, METER]);
}

export const byId = (id) => `[data-testid="${id}"]`;

/** Level in dB of each frequency, and of the loudest of all, in what the page's newest connected call plays.
 *
 * A browser that gets too little processor opens the analyser's context late: it then shows nothing at all (-200 dB),
 * while the call's own statistics say that sound was played in that time. Only then it is looked at once more, so that
 * a call that is truly silent is still found to be so. */
export function hears(page, frequencies) {
  return page.evaluate(async (wanted) => {
    const peer = window.peers.filter((each) => each.connectionState === "connected").at(-1);
    if (!peer) return null;
    const context = new AudioContext();
    await context.resume();
    const analyser = context.createAnalyser();
    analyser.fftSize = 8192;
    context.createMediaStreamSource(new MediaStream([peer.getReceivers()[0].track])).connect(analyser);
    const isSound = (row) => row.type === "inbound-rtp" && row.kind === "audio";
    const energy = async () => [...(await peer.getStats()).values()].find(isSound)?.totalAudioEnergy ?? 0;
    const bins = new Float32Array(analyser.frequencyBinCount);
    for (let look = 0, before = await energy(); look < 5; look++) {
      await new Promise((resolve) => setTimeout(resolve, 700));
      analyser.getFloatFrequencyData(bins);
      if (bins.some(Number.isFinite) || (await energy()) - before < 1e-6) break;
    }
    const level = (frequency) => Math.max(-200, bins[Math.round(frequency / (context.sampleRate / analyser.fftSize))]);
    const levels = Object.fromEntries(wanted.map((frequency) => [frequency, level(frequency)]));
    const loudest = Math.max(-200, ...bins);
    // Silence is rare enough to say all that is known of it.
    const silent = loudest > -200 ? {} : { silent: [...(await peer.getStats()).values()].find(isSound) };
    await context.close();
    return { ...levels, loudest, ...silent };
  }, frequencies);
}

/** Milliseconds until a peer connection of the page is connected. */
export async function connectedAfter(page, limitMs = 15_000) {
  const started = Date.now();
  while (Date.now() - started < limitMs) {
    if (await page.evaluate(() => window.peers.some((peer) => peer.connectionState === "connected"))) {
      return Date.now() - started;
    }
    await page.waitForTimeout(50);
  }
  return null;
}

export async function signIn(page, workno, secret = password) {
  await page.goto(`${base}/workbench`);
  await page.fill(byId("signin-workno"), String(workno));
  await page.fill(byId("signin-password"), secret);
  await page.click(byId("signin-submit"));
  const takeover = page.locator(byId("signin-takeover"));
  const inside = page.locator(byId("agent-state"));
  await inside.or(takeover).or(page.locator(byId("signin-problem"))).first().waitFor();
  if (await takeover.isVisible()) await takeover.click();
}

/** Violations of WCAG A and AA that axe finds, as short lines. */
export async function axe(page) {
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    const found = await window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] });
    return found.violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.target.join(" ")).join(", ")}`);
  });
}

/** Runs a scenario and prints its result as one JSON line. */
export async function run(scenario) {
  const browsers = [];
  const open = async (tone) => {
    const browser = await browserWith(tone);
    browsers.push(browser);
    return browser;
  };
  try {
    console.log(JSON.stringify(await scenario(open)));
  } catch (error) {
    const pages = browsers.flatMap((browser) => browser.contexts()).flatMap((context) => context.pages());
    const seen = await Promise.all(pages.map((page) => page.innerText("body").catch(() => "")));
    console.error(`${seen.map((text) => text.replace(/\s+/g, " ").slice(0, 600)).join("\n")}\n${error.stack}`);
    process.exitCode = 1;
  } finally {
    for (const browser of browsers) await browser.close();
  }
}
