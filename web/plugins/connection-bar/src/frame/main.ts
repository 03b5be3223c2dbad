/** The page in the frame (`bar.html`): waits for the page around it, then shows its agent's bar. */

import "./older_browsers";
import { Bar } from "./bar";
import { languageOf, wordsOf } from "./locales/words";
import { PageLink, started } from "./page_link";
import { Ringer } from "./ringer";
import { BarElement, defineElements } from "./ui/bar_element";

async function main(): Promise<void> {
  const { start, origin, port } = await started();
  const language = languageOf(start.lang);
  const words = wordsOf(language);
  document.documentElement.lang = language;
  document.title = words("bar.label");
  document.body.style.margin = "0";
  const bar = new Bar();
  const link = new PageLink(bar, { port, origin, speaks: start.documented });
  const watch = new ResizeObserver(() =>
    link.resized(Math.ceil(document.body.getBoundingClientRect().height)),
  );
  watch.observe(document.body);
  try {
    const account = await bar.open(start.session);
    // The session was opened for one page; another that got hold of it is not served.
    if (account.page_origin !== origin.toLowerCase()) throw new Error("page");
  } catch {
    bar.suspend();
    document.body.textContent = words("start.failed");
    return;
  }
  defineElements();
  const element = new BarElement();
  element.bar = bar;
  element.words = words;
  document.body.append(element);
  const ringer = new Ringer();
  bar.on("change", () => ringer.set(bar.buttons.has("answer")));
  addEventListener("pagehide", () => bar.suspend());
}

void main();
