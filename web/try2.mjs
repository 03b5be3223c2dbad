import { a, ap, base, c, cp, hear } from "./try.mjs";

const ids = (p) =>
  p.evaluate(() =>
    [...document.querySelectorAll("[data-testid]")]
      .map((e) => e.dataset.testid + (e.disabled ? "(off)" : ""))
      .join(" "),
  );
await ap.goto(base + "/workbench");
await ap.fill("[data-testid=signin-workno]", "102");
await ap.fill("[data-testid=signin-password]", "demo-pass-1");
await ap.click("[data-testid=signin-submit]");
await ap.waitForTimeout(4000);
await ap.screenshot({ path: "/tmp/wb2.png" });
console.log(await ids(ap));
await cp.goto(base + "/call?to=1001");
await cp.waitForTimeout(800);
await cp.click("[data-testid=call-start]");
await cp.waitForTimeout(4000);
await cp.screenshot({ path: "/tmp/call2.png" });
console.log(await ids(cp));
await ap.screenshot({ path: "/tmp/wb3.png" });
console.log(await ids(ap));
const ans = await ap.$("[data-testid=call-answer], [data-testid=answer], [data-testid*=answer]");
if (ans) {
  const t = Date.now();
  await ans.click();
  await ap.waitForTimeout(1500);
} else console.log("no answer button");
await ap.screenshot({ path: "/tmp/wb4.png" });
console.log(await ids(ap));
console.log("cust hears", await hear(cp, [600, 1000, 1500]));
console.log("agent hears", await hear(ap, [600, 1000, 1500]));
await cp.screenshot({ path: "/tmp/call3.png" });
await a.close();
await c.close();
