// Two customers and two agents: chat, pictures, a transfer, reloads, a control process killed in mid-chat, a rating.
import { writeFileSync } from "node:fs";
import { deflateSync, crc32 } from "node:zlib";
import { axe, base, byId, pageOf, run, signIn } from "./lib.mjs";

const SCRIPT = '<img src=x onerror="window.ran = true"><script>window.ran = true</script>';
const PATIENT = { timeout: 40_000 };

/** A picture of one colour. */
function png(path, [red, green, blue]) {
  const chunk = (kind, data) => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const size = 64;
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size);
  head.writeUInt32BE(size, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const line = Buffer.concat([Buffer.from([0]), Buffer.concat(Array(size).fill(Buffer.from([red, green, blue])))]);
  const pixels = deflateSync(Buffer.concat(Array(size).fill(line)));
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  writeFileSync(
    path,
    Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", pixels), chunk("IEND", Buffer.alloc(0))]),
  );
  return path;
}

async function customer(browser, more) {
  const page = await pageOf(browser, more);
  await page.goto(`${base}/chat-demo`);
  await page.click("opencec-chat .launch");
  return page;
}
const write = async (page, text) => {
  await page.fill("opencec-chat-composer textarea", text);
  await page.press("opencec-chat-composer textarea", "Enter");
};
const say = async (page, text) => {
  await page.fill(byId("chat-input"), text);
  await page.click(byId("chat-send"));
};
const customerSees = (page, text) => page.locator("opencec-chat li[data-number]", { hasText: text }).first().waitFor(PATIENT);
const agentSees = (page, text) => page.locator(byId("message"), { hasText: text }).first().waitFor(PATIENT);

/** Whichever agent has the offer takes it; the offer is there for one alone. */
async function accept(...agents) {
  const offers = agents.map((page) => page.locator(byId("chat-answer")));
  const at = await Promise.any(offers.map((offer, index) => offer.waitFor(PATIENT).then(() => index)));
  const others = await Promise.all(offers.map((offer) => offer.count()));
  if (others.filter(Boolean).length !== 1) throw new Error(`offered to ${others}`);
  await offers[at].click();
  await agents[at].locator(byId("chat-input")).waitFor();
  return agents[at];
}

/** What a page shows: number, who, words or the file's name; each once, in its order. */
const atCustomer = (page) =>
  page.locator("opencec-chat li[data-number]").evaluateAll((rows) =>
    rows.map((row) => {
      const file = row.querySelector("opencec-chat-file");
      const words = row.querySelector(".bubble")?.textContent.trim();
      return [Number(row.dataset.number), row.dataset.source, file ? file.message.file.name : words];
    }),
  );
const atAgent = (page) =>
  page.locator(byId("message")).evaluateAll((rows) =>
    rows.map((row) => {
      const file = row.querySelector("[data-testid=chat-file] button")?.getAttribute("aria-label");
      const words = row.firstElementChild.textContent.trim();
      return [Number(row.dataset.number), row.dataset.source, file ? file.replace(/^(Save|保存) /, "") : words];
    }),
  );

async function transfer(from, workno) {
  await from.click(byId("chat-transfer-open"));
  await from.fill(byId("target-search"), workno);
  await from.click(byId(`target-agent-${workno}`));
  await from.click(byId("chat-transfer-submit"));
}

await run(async (open) => {
  const browser = await open(null);
  const result = { violations: {}, problems: [] };
  const agents = [await pageOf(browser), await pageOf(browser, { locale: "zh-CN" })];
  const [first, second] = process.env.WORKNOS.split(",");
  for (const [index, workno] of [first, second].entries()) {
    await signIn(agents[index], workno);
    await agents[index].locator(byId("chats")).waitFor(PATIENT);
  }
  const red = png(`${process.env.FOLDER}/red.png`, [200, 30, 30]);
  const blue = png(`${process.env.FOLDER}/blue.png`, [30, 30, 200]);

  const ines = await customer(browser, {});
  await write(ines, `Hello, my bell is broken ${SCRIPT}`);
  const mine = await accept(...agents);
  const wei = await customer(browser, { locale: "zh-CN", width: 390, height: 844 });
  await write(wei, "你好，我想买折叠自行车");
  const hers = await accept(...agents);
  result.areShared = mine !== hers;
  await agentSees(mine, "my bell is broken");
  await say(mine, `Good morning ${SCRIPT}`);
  await customerSees(ines, "Good morning");
  await say(hers, "您好！");
  await customerSees(wei, "您好！");

  await ines.locator("opencec-chat-composer input[type=file]").setInputFiles(red);
  await mine.locator(`${byId("chat-file")} img`).waitFor(PATIENT);
  await hers.setInputFiles(byId("chat-file-input"), blue);
  await wei.locator("opencec-chat-file img").waitFor(PATIENT);
  result.violations.customer = await axe(ines);
  result.violations.phone = await axe(wei);
  result.violations.agent = await axe(mine);
  if (process.env.SHOTS) {
    for (const [name, page] of Object.entries({ ines, wei, mine, hers }))
      await page.screenshot({ path: `${process.env.SHOTS}/${name}.png` });
  }

  const target = mine === agents[0] ? second : first;
  await transfer(mine, target);
  await hers.locator(byId("chat-answer")).waitFor(PATIENT);
  await hers.click(byId("chat-answer"));
  await agentSees(hers, "my bell is broken");
  await say(hers, "I take over");
  await customerSees(ines, "I take over");

  await Promise.all([ines.reload(), hers.reload()]);
  await customerSees(ines, "I take over").catch(async () => {
    await ines.click("opencec-chat .launch");
    await customerSees(ines, "I take over");
  });
  await agentSees(hers, "I take over");
  result.afterReload = { customer: await atCustomer(ines), agent: await atAgent(hers) };

  process.kill(Number(process.env.CONTROL_PID), "SIGKILL");
  await write(ines, "written while nobody was there");
  await say(hers, "answered while nobody was there");
  await agentSees(hers, "written while nobody was there");
  await customerSees(ines, "answered while nobody was there");
  await write(ines, "and after");
  await agentSees(hers, "and after");
  result.waiting = [await ines.locator("opencec-chat li[data-key]").count(), await hers.locator(byId("outgoing")).count()];

  result.histories = { inesAtAgent: await atAgent(hers) };
  result.contact = await hers.locator(byId("conversation")).getAttribute("data-contact");
  await hers.click(byId("chat-end"));
  await hers.click(byId("chat-end-yes"));
  await ines.locator("opencec-chat-rating form").waitFor(PATIENT);
  await ines.locator("opencec-chat-rating label", { hasText: "5 of 5" }).click();
  await ines.fill("opencec-chat-rating textarea", "Quick and kind");
  result.violations.rating = await axe(ines);
  await ines.click("opencec-chat-rating .primary");
  await ines.locator("opencec-chat [data-action=again]").waitFor(PATIENT);
  result.histories.ines = await atCustomer(ines);

  await hers.click(byId("chat-close"));
  await hers.locator(byId("chat-card")).first().locator("button").first().click();
  await agentSees(hers, "您好！");
  result.other = await hers.locator(byId("conversation")).getAttribute("data-contact");
  result.histories.weiAtAgent = await atAgent(hers);
  result.histories.wei = await atCustomer(wei);
  result.ran = await Promise.all([ines, wei, ...agents].map((page) => page.evaluate(() => "ran" in window)));
  result.problems = [ines, wei, ...agents].flatMap((page) => page.problems);
  return result;
});
