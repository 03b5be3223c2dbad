/** The rows of a conversation: what came, and what is still on its way. Everything is text; nothing is markup. */

import type { ChatClient, ChatMessage, ChatView, Outgoing } from "@opencec/chat-client";
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Language, Words } from "../locales/words";
import { icon } from "./icons";

export interface ConversationOptions {
  client: ChatClient;
  view: ChatView;
  words: Words;
  language: Language;
}

export function conversation({ client, view, words, language }: ConversationOptions): TemplateResult {
  const time = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
  const waiting = view.outgoing.filter(({ frame }) => frame.type === "post");
  return html`
    <div class="log" part="log" role="log" aria-label=${words("chat.log")} tabindex="0">
      ${view.messages.length + waiting.length ? nothing : html`<p class="hello">${words("chat.hello")}</p>`}
      <ol>
        ${repeat(
          view.messages,
          ({ number }) => number,
          (message) => received(message, { client, view, words, language }, time),
        )}
        ${repeat(
          waiting,
          ({ frame }) => frame.key,
          (entry) => outgoing(entry, client, words),
        )}
      </ol>
      ${
        view.typing
          ? html`<p class="typing" role="status">
              ${words("talk.typing", { name: view.status.agentName || words("talk.someone") })}
            </p>`
          : nothing
      }
    </div>
  `;
}

function received(
  message: ChatMessage,
  { client, view, words }: ConversationOptions,
  time: Intl.DateTimeFormat,
): TemplateResult {
  const { source, senderName, content, file, at, number } = message;
  const isMine = source === "customer";
  const isRead = number <= view.seen;
  const name = isMine ? words("message.you") : senderName;
  return html`<li class=${isMine ? "mine" : source} data-number=${number} data-source=${source}>
    ${
      file
        ? html`<opencec-chat-file .client=${client} .message=${message} .words=${words}></opencec-chat-file>`
        : html`<div class="bubble" part="bubble">${content}</div>`
    }
    ${
      source === "system"
        ? nothing
        : html`<div class="meta">
            <span>${name}</span>
            <time datetime=${new Date(at).toISOString()}>${time.format(at)}</time>
            ${
              isMine
                ? html`<span data-receipt=${isRead ? "read" : "sent"}>
                    ${words(isRead ? "message.read" : "message.sent")}
                  </span>`
                : nothing
            }
          </div>`
    }
  </li>`;
}

function outgoing({ frame, refused }: Outgoing, client: ChatClient, words: Words): TemplateResult {
  if (frame.type !== "post") return html``;
  return html`<li class="mine" data-key=${frame.key}>
    <div class="bubble">${frame.fileName ?? frame.content}</div>
    <div class="meta">
      ${
        refused
          ? html`<span class="bad" role="alert">${words("message.refused", { reason: refused.message || refused.code })}</span>
              <button @click=${() => client.again(frame.key)}>${words("message.again")}</button>
              <button @click=${() => client.discard(frame.key)}>${words("message.discard")}</button>`
          : html`${icon("waiting")}<span>${words("message.waiting")}</span>`
      }
    </div>
  </li>`;
}
