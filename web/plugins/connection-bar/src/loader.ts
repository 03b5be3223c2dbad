/**
 * `ccbarclient.js`: what a page gets for its POST and runs. It puts the bar's frame at the top of the page.
 *
 * Globals are the documented ones alone: it reads `$aicc_ContextPath` and `callback`, and the frame's name makes
 * `window.frames["ccbarclient"]`. That name is found only outside shadow trees, so the frame stands in the page itself.
 */

import { BarHost, FRAME_NAME } from "./host";

declare const $aicc_ContextPath: string;

/** The server puts its settings in place of this text. */
const SETTINGS = "__OPENCEC_BAR__" as unknown as { session: string; frame: string };

function run(): void {
  if (typeof $aicc_ContextPath !== "string")
    throw new Error("define $aicc_ContextPath before ccbarclient.js runs");
  document.querySelector(`iframe[name="${FRAME_NAME}"]`)?.parentElement?.remove();
  const host = new BarHost({
    contextPath: new URL($aicc_ContextPath, location.href).href,
    frame: SETTINGS.frame,
    session: SETTINGS.session,
    lang: document.documentElement.lang,
    documented: true,
    onCallback: (message) => {
      const { callback } = window as { callback?: unknown };
      if (typeof callback === "function") callback(message);
    },
  });
  document.body.prepend(host.root);
}

run();
