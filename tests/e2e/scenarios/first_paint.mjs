// What a browser fetches for each page that it has never seen, and when it shows something.
import { base, byId, pageOf, run } from "./lib.mjs";

const PAGES = { "/": "start-page", "/call": "call-page", "/workbench": "signin-form" };

await run(async (open) => {
  const result = { pages: {}, problems: [] };
  const browser = await open(process.env.AGENT_TONE);
  await pageOf(browser); // the first context of a browser is slower than any other
  for (const [path, shown] of Object.entries(PAGES)) {
    const page = await pageOf(browser);
    const asked = [];
    page.on("request", (request) => asked.push({ url: request.url(), kind: request.resourceType() }));
    await page.goto(base + path);
    await page.locator(byId(shown)).waitFor();
    const measured = await page.evaluate(async () => {
      await document.fonts.ready;
      const sum = (entries) => entries.reduce((total, { transferSize }) => total + transferSize, 0);
      return {
        firstPaintMs: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null,
        usableMs: performance.now(),
        bytes: sum([...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]),
        fonts: document.fonts.size,
        inline: document.querySelectorAll("style").length,
      };
    });
    const foreign = asked.filter(({ url }) => new URL(url).origin !== new URL(base).origin);
    result.pages[path] = { ...measured, foreign, fontFiles: asked.filter(({ kind }) => kind === "font").length };
    result.problems.push(...page.problems);
    await page.context().close();
  }
  return result;
});
