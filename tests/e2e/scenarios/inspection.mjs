// An inspector listens, whispers, joins in and leaves; the customer hears the inspector only when it joined in.
import { axe, base, byId, hears, pageOf, run, signIn } from "./lib.mjs";

const [AGENT, INSPECTOR] = process.env.WORKNOS.split(",");
const TONES = [2650, 1850, 1000];

await run(async (open) => {
  const a = await pageOf(await open(process.env.AGENT_TONE));
  const inspector = await pageOf(await open(process.env.SECOND_TONE), { width: 1440, height: 900 });
  const customer = await pageOf(await open(process.env.CUSTOMER_TONE));
  const pages = { a, inspector, customer };
  const result = { violations: {} };
  await signIn(a, AGENT);
  await signIn(inspector, INSPECTOR);
  await inspector.locator(byId(`team-${AGENT}`)).waitFor();
  await customer.goto(`${base}/call?to=1001`);
  await customer.click(byId("call-start"));
  await a.click(byId("incoming-answer"), { timeout: 20_000 });
  await inspector.locator(`[data-testid="team-${AGENT}"][data-state="talking"]`).waitFor();
  const all = async () => {
    await inspector.waitForTimeout(1_500);
    const heard = {};
    for (const [name, page] of Object.entries(pages)) heard[name] = await hears(page, TONES);
    return heard;
  };
  await inspector.click(byId(`listen-${AGENT}`));
  await inspector.locator(byId("inspecting")).waitFor({ timeout: 20_000 });
  result.listen = await all();
  result.violations.team = await axe(inspector);
  for (const [mode, word] of [["whisper", "Whisper"], ["insert", "Join in"]]) {
    await inspector.locator(byId("inspection-mode")).getByText(word).click();
    result[mode] = await all();
  }
  await inspector.click(byId("end-inspection"));
  await inspector.locator(byId("inspecting")).waitFor({ state: "detached" });
  await a.waitForTimeout(1_000);
  result.left = { a: await hears(a, TONES), customer: await hears(customer, TONES) };
  await a.click(byId("btn-hangUp"));
  await customer.locator(byId("outcome")).waitFor();
  for (const [button, left] of [["Cancel", false], ["Sign out", true]]) {
    await inspector.click(byId(`more-${AGENT}`));
    await inspector.click(byId("force-logout"));
    const sure = inspector.locator(byId("sure-form"));
    await sure.waitFor();
    if (!left) result.violations.sure = await axe(inspector);
    await sure.getByRole("button", { name: button }).click();
    await sure.waitFor({ state: "detached" });
    if (!left) result.stays = await inspector.locator(byId(`more-${AGENT}`)).count();
  }
  await a.locator(byId("session-ended")).waitFor();
  result.problems = Object.values(pages).flatMap((page) => page.problems);
  return result;
});
