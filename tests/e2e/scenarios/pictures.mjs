// What a page of ours shows of a call with pictures.
import { byId } from "./lib.mjs";

/** What a page shows of the far end within two seconds: decoded pictures and how colourful the last one is. */
export async function sees(page) {
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

export const gone = (page) => page.locator(`${byId("pictures")}[data-moving=false]`).waitFor({ timeout: 8_000 });
export const moving = (page) => page.locator(`${byId("pictures")}[data-moving=true]`).waitFor({ timeout: 15_000 });
