// A browser is closed without a word: the next caller rings at the colleague at once; the page opened again takes calls.
import { base, byId, pageOf, run, signIn } from "./lib.mjs";

const [A, B] = process.env.WORKNOS.split(",");

await run(async (open) => {
  const first = await open(process.env.AGENT_TONE);
  const gone = await pageOf(first);
  await signIn(gone, A);
  await gone.locator(byId("idle-card")).waitFor();
  const colleague = await pageOf(await open(process.env.SECOND_TONE));
  await signIn(colleague, B);
  await colleague.locator(byId("idle-card")).waitFor();
  const customer = await pageOf(await open(process.env.CUSTOMER_TONE));
  await customer.goto(`${base}/call?to=1001`);
  await gone.context().close();
  await colleague.waitForTimeout(200);
  const started = Date.now();
  await customer.click(byId("call-start"));
  await colleague.locator(byId("incoming")).waitFor({ timeout: 15_000 });
  const result = { rangAfterMs: Date.now() - started };
  await customer.click(byId("call-hangup"));
  await colleague.locator(byId("idle-card")).waitFor();
  // Longer than a page takes to load again: the agent is busy, and says why when it is back for a moment without phone.
  await colleague.waitForTimeout(6_000);
  await colleague.click(byId("agent-state"));
  await colleague.click(byId("state-busy"));
  await colleague.locator(byId("busy-card")).waitFor();
  const back = await pageOf(first);
  await signIn(back, A);
  await back.locator(byId("idle-card")).waitFor({ timeout: 10_000 });
  await customer.goto(`${base}/call?to=1001`);
  await customer.click(byId("call-start"));
  await back.locator(byId("incoming")).waitFor({ timeout: 10_000 });
  // The page is loaded again while it rings: the call is not lost.
  await back.reload();
  await back.click(byId("incoming-answer"), { timeout: 15_000 });
  await back.locator('[data-testid="active-call"][data-phase="talking"]').waitFor({ timeout: 10_000 });
  result.talks = true;
  await customer.click(byId("call-hangup"));
  await back.locator(byId("active-call")).waitFor({ state: "detached" });
  result.problems = [colleague, back, customer].flatMap((page) => page.problems);
  return result;
});
