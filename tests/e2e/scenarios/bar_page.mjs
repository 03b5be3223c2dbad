// Pages of an enterprise with the connection bar in a frame.
const { PAGE_URL } = process.env;

/** A button of the bar. */
export const at = (name) => `[data-button="${name}"]`;

/** The page with the bar in it, after a click on "Sign in". */
export async function desk(page, path, workno) {
  await page.route("**/settings.js", async (route) => route.continue({ url: `${PAGE_URL}/settings.js?account=${workno}` }));
  await page.goto(`${PAGE_URL}${path}`);
  return frameOf(page);
}

/** The frame of the bar, once it is there. */
export async function frameOf(page) {
  for (let tries = 0; tries < 100; tries += 1) {
    const frame = page.frames().find((each) => each.url().includes("/cc-bar/bar.html"));
    if (frame) {
      await frame.locator(".bar").waitFor({ timeout: 10_000 });
      return frame;
    }
    await page.waitForTimeout(100);
  }
  throw new Error(`no bar: ${await page.innerText("body")}`);
}
