// What goes wrong says so: wrong password, no microphone, unknown page.
import { base, byId, pageOf, run, signIn } from "./lib.mjs";

await run(async (open) => {
  const browser = await open(null);
  const agent = await pageOf(browser);
  await signIn(agent, process.env.WORKNO, "wrong-password");
  const wrongPassword = await agent.locator(byId("signin-problem")).innerText();
  const customer = await pageOf(browser);
  await customer.goto(`${base}/call`);
  await customer.click(byId("call-start"));
  await customer.locator('[role="alert"], [role="status"]').first().waitFor();
  await customer.waitForTimeout(800);
  const noMicrophone = await customer.locator("body").innerText();
  return { wrongPassword, noMicrophone, problems: [...agent.problems, ...customer.problems] };
});
