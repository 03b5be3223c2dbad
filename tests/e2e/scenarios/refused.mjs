// What the server may say to a call, in the words of the page, in both languages.
import { base, byId, pageOf, run } from "./lib.mjs";

const ANSWERS = { 486: "Busy Here", 603: "Decline", 404: "Not Found", 480: "Temporarily Unavailable", 503: "Service Unavailable" };

/** Answers the page's INVITE in place of the server; registering is real. */
async function answerInvites(page, status) {
  await page.routeWebSocket(/\/sip$/, (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((message) => {
      const text = String(message);
      if (text.startsWith("ACK ")) return;
      if (!text.startsWith("INVITE ")) return server.send(message);
      const copied = text.split("\r\n").filter((line) => /^(Via|From|To|Call-ID|CSeq):/i.test(line));
      const lines = copied.map((line) => (/^To:/i.test(line) ? `${line};tag=refused` : line));
      socket.send([`SIP/2.0 ${status} ${ANSWERS[status]}`, ...lines, "Content-Length: 0", "", ""].join("\r\n"));
    });
  });
}

async function outcomeOf(page, to) {
  await page.goto(`${base}/call?to=${to}`);
  await page.click(byId("call-start"));
  const outcome = page.locator(byId("outcome"));
  await outcome.waitFor({ timeout: 15_000 });
  return { problem: await outcome.getAttribute("data-problem"), words: await outcome.innerText() };
}

await run(async (open) => {
  const browser = await open(process.env.CUSTOMER_TONE);
  const result = { problems: [] };
  for (const locale of ["en-US", "zh-CN"]) {
    const said = {};
    for (const status of Object.keys(ANSWERS)) {
      const page = await pageOf(browser, { locale });
      await answerInvites(page, status);
      said[status] = await outcomeOf(page, "1004");
      result.problems.push(...page.problems);
      await page.context().close();
    }
    const page = await pageOf(browser, { locale });
    said["unknown code"] = await outcomeOf(page, "9999");
    result.problems.push(...page.problems);
    await page.context().close();
    result[locale] = said;
  }
  return result;
});
