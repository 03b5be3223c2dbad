/**
 * `thirdPartyClient.js` and `newThirdPartyClient.js`: what a page gets for its POST and runs (lightweight-plugins 2.1).
 *
 * The server has checked the page's proof already and puts the session, and where it serves, in place of `SETTINGS`.
 */

import type { Session } from "@opencec/chat-client";
import type { OpencecChat } from "./element";
import "./element";

const SETTINGS = "__OPENCEC_CHAT__" as unknown as {
  /** Origin of the contact centre. */
  server: string;
  channel: string;
  locale: string;
  session: Session;
};

function run(): void {
  document.querySelector("opencec-chat[data-script]")?.remove();
  const { server, channel, locale, session } = SETTINGS;
  const chat: OpencecChat = document.createElement("opencec-chat");
  Object.assign(chat, { server, channel, locale, session, userId: session.userId });
  chat.dataset.script = "";
  document.body.append(chat);
}

run();
