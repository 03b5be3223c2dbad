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

/** A page that keeps its peer connections in `window.peers` and its errors in `page.problems`. */
export async function pageOf(browser, { width = 1280, height = 800, locale = "en-US" } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, locale });
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(error.message));
  await page.addInitScript(() => {
    const Original = window.RTCPeerConnection;
    window.peers = [];
    if (!Original) return;
    window.RTCPeerConnection = class extends Original {
      constructor(...given) {
        super(...given);
        window.peers.push(this);
      }
    };
  });
  return page;
}

export const byId = (id) => `[data-testid="${id}"]`;

/** Level in dB of each frequency in what the page's newest connected call plays. */
export function hears(page, frequencies) {
  return page.evaluate(async (wanted) => {
    const peer = window.peers.filter((each) => each.connectionState === "connected").at(-1);
    if (!peer) return null;
    const context = new AudioContext();
    await context.resume();
    const analyser = context.createAnalyser();
    analyser.fftSize = 8192;
    context.createMediaStreamSource(new MediaStream([peer.getReceivers()[0].track])).connect(analyser);
    await new Promise((resolve) => setTimeout(resolve, 700));
    const bins = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(bins);
    const level = (frequency) => Math.max(-200, bins[Math.round(frequency / (context.sampleRate / analyser.fftSize))]);
    const levels = Object.fromEntries(wanted.map((frequency) => [frequency, level(frequency)]));
    await context.close();
    return levels;
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
  } finally {
    for (const browser of browsers) await browser.close();
  }
}
