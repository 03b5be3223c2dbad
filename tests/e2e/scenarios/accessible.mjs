// Every page in both languages and sizes: axe finds nothing, no text is left untranslated, no error is thrown.
import { axe, base, byId, pageOf, run, signIn } from "./lib.mjs";

await run(async (open) => {
  const browser = await open(process.env.AGENT_TONE);
  const result = { violations: {}, lang: {}, problems: [] };
  for (const locale of ["en-US", "zh-CN"]) {
    for (const [width, height] of [[1280, 800], [390, 844]]) {
      for (const path of ["/", "/call", "/workbench"]) {
        const page = await pageOf(browser, { locale, width, height });
        await page.goto(base + path, { waitUntil: "networkidle" });
        const name = `${path} ${locale} ${width}`;
        result.violations[name] = await axe(page);
        result.lang[name] = await page.evaluate(() => document.documentElement.lang);
        result.problems.push(...page.problems);
        await page.close();
      }
    }
  }
  const page = await pageOf(browser);
  await signIn(page, process.env.WORKNO);
  await page.locator(byId("idle-card")).waitFor();
  result.violations["workbench idle"] = await axe(page);
  await page.click(byId("account-menu"));
  await page.waitForTimeout(300);
  result.violations["workbench menu"] = await axe(page);
  return result;
});
