/**
 * `<opencec-chat>`: a floating button and the window behind it.
 *
 * ```html
 * <script type="module" src="https://cc.example.com/service-cloud/plugins/web-chat.js"></script>
 * <opencec-chat server="https://cc.example.com" channel="202611240000000001"></opencec-chat>
 * ```
 */

import { ChatClient, type ChatView, type Session, type SessionRequest } from "@opencec/chat-client";
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { type Language, languageOf, type Words, wordsOf } from "./locales/words";
import { Composer } from "./ui/composer";
import { conversation } from "./ui/conversation";
import { FileView } from "./ui/file_view";
import { LeaveForm, RatingForm } from "./ui/forms";
import { icon } from "./ui/icons";
import { styles, theme } from "./ui/styles";

/** Refusals after which a message for later is the way on. */
const NOBODY = /no_agent|off_hours|closed|busy|queue|unavailable/;
/** Distance from the end below which new messages scroll into view. */
const AT_END_PX = 80;

/** Texts that were refused because nobody is there, by their keys. */
function unsent(view: ChatView): ReadonlyMap<string, string> {
  const texts = view.outgoing.flatMap(({ frame, refused }) =>
    refused && frame.type === "post" && frame.mediaType === "TEXT"
      ? [[frame.key, frame.content] as const]
      : [],
  );
  return new Map(texts);
}

export class OpencecChat extends LitElement {
  static override styles = [styles, theme];
  static override properties = {
    server: {},
    channel: {},
    locale: {},
    userId: { attribute: "user-id" },
    userName: { attribute: "user-name" },
    open: { type: Boolean, reflect: true },
    theme: { reflect: true },
    view: { state: true },
    asksEnd: { state: true },
    drops: { state: true },
  };
  declare server: string;
  declare channel: string;
  declare locale: string;
  declare userId: string;
  declare userName: string;
  /** The window shows. */
  declare open: boolean;
  /** `light` (default), `dark`, or `auto`: as the visitor's device is set. */
  declare theme: string;
  declare view: ChatView | null;
  declare asksEnd: boolean;
  declare drops: boolean;
  /** The enterprise's proof of the customer, besides what attributes say. */
  proof: Partial<SessionRequest> = {};
  /** A session that the page has already. */
  session: Session | undefined;
  #client: ChatClient | null = null;
  #unsubscribe: (() => void) | null = null;
  #readUpTo = 0;
  #isAtEnd = true;
  #language: Language = "en";
  #words: Words = wordsOf("en");

  constructor() {
    super();
    this.server = "";
    this.channel = "";
    this.locale = "";
    this.userId = "";
    this.userName = "";
    this.open = false;
    this.theme = "light";
    this.view = null;
    this.asksEnd = false;
    this.drops = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("visibilitychange", this.#visible);
    // Attributes of an element that the parser makes are there at once, those of a script a moment later.
    queueMicrotask(() => this.#begin());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("visibilitychange", this.#visible);
    this.#unsubscribe?.();
    this.#client?.close();
    this.#client = null;
  }

  /** Opens the window. */
  show(): void {
    this.open = true;
    void this.#client?.open();
    void this.updateComplete.then(() => {
      this.#read();
      this.renderRoot.querySelector<HTMLElement>("opencec-chat-composer, .window button")?.focus();
    });
  }

  /** Closes the window; the chat goes on. */
  hide(): void {
    this.open = false;
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(".launch")?.focus());
  }

  /** Forgets this customer on this device: for the page's own sign-out. */
  forget(): void {
    this.#client?.forget();
  }

  #begin(): void {
    if (this.#client || !this.isConnected || !this.channel) return;
    this.#language = languageOf(this.locale || this.lang);
    this.#words = wordsOf(this.#language);
    const server = new URL(this.server || "/", location.href).origin;
    const client = new ChatClient({
      server,
      session: this.session,
      request: {
        channel: this.channel,
        locale: this.#language === "zh-CN" ? "zh" : "en",
        ...(this.userId ? { userId: this.userId } : {}),
        ...(this.userName ? { userName: this.userName } : {}),
        ...this.proof,
      },
    });
    this.#client = client;
    this.#readUpTo = client.view().messages.at(-1)?.number ?? 0;
    this.#unsubscribe = client.subscribe(() => {
      this.view = client.view();
    });
    this.view = client.view();
    if (this.open || client.isUnfinished) void client.open();
  }

  get #unread(): number {
    return (this.view?.messages ?? []).filter(
      ({ number, source }) => number > this.#readUpTo && source !== "customer",
    ).length;
  }

  readonly #visible = (): void => this.#read();

  #read(): void {
    if (!this.open || document.hidden || !this.view) return;
    const last = this.view.messages.at(-1)?.number ?? 0;
    if (last > this.#readUpTo) this.#readUpTo = last;
    this.#client?.read();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has("view")) return;
    const log = this.renderRoot?.querySelector?.(".log");
    this.#isAtEnd = !log || log.scrollHeight - log.scrollTop - log.clientHeight < AT_END_PX;
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has("view") && !changed.has("open")) return;
    const log = this.renderRoot.querySelector(".log");
    if (log && (this.#isAtEnd || changed.has("open"))) log.scrollTop = log.scrollHeight;
    this.#read();
  }

  #key(event: KeyboardEvent): void {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    if (this.asksEnd) this.asksEnd = false;
    else this.hide();
  }

  #drop(event: DragEvent): void {
    event.preventDefault();
    this.drops = false;
    for (const file of event.dataTransfer?.files ?? []) void this.#client?.sendFile(file);
  }

  protected override render(): TemplateResult {
    const view = this.view;
    if (!view || !this.#client) return html``;
    return this.open ? this.#window(view, this.#client) : this.#launcher();
  }

  #launcher(): TemplateResult {
    const count = this.#unread;
    const words = this.#words;
    return html`<button
      class="launch"
      part="button"
      aria-label=${count ? words("chat.openUnread", { count }) : words("chat.open")}
      @click=${() => this.show()}
    >
      ${icon("chat")}<span aria-hidden="true">${words("chat.label")}</span>
      ${count ? html`<span class="badge" aria-hidden="true">${count}</span>` : nothing}
    </button>`;
  }

  #window(view: ChatView, client: ChatClient): TemplateResult {
    const words = this.#words;
    const { state, agentName } = view.status;
    const isTalking = state === "talking" || state === "queued" || state === "offline";
    return html`<section
      class="window ${this.drops ? "dropping" : ""}"
      part="window"
      role="dialog"
      aria-label=${words("chat.label")}
      @keydown=${this.#key}
      @dragover=${(event: DragEvent) => {
        event.preventDefault();
        this.drops = true;
      }}
      @dragleave=${() => {
        this.drops = false;
      }}
      @drop=${this.#drop}
    >
      <header part="header">
        <h2>
          ${agentName && state === "talking" ? words("chat.with", { name: agentName }) : words("chat.title")}
        </h2>
        ${
          isTalking
            ? html`<button
                class="tool"
                data-action="end"
                aria-label=${words(state === "queued" ? "queue.cancel" : "talk.end")}
                @click=${() => {
                  this.asksEnd = true;
                }}
              >
                ${icon("end")}
              </button>`
            : nothing
        }
        <button class="tool" data-action="hide" aria-label=${words("chat.minimise")} @click=${() => this.hide()}>
          ${icon("down")}
        </button>
      </header>
      ${this.#bars(view, client)} ${conversation({ client, view, words, language: this.#language })}
      ${this.#uploads(view, client)} ${this.asksEnd && isTalking ? this.#endQuestion(client) : this.#foot(view, client)}
    </section>`;
  }

  #bars(view: ChatView, client: ChatClient): TemplateResult {
    const words = this.#words;
    const { state, position, waitS } = view.status;
    const isLost = view.phase === "open" && view.link !== "up";
    return html`<div aria-live="polite">
      ${isLost ? html`<p class="bar" data-bar="link">${words("chat.reconnecting")}</p>` : nothing}
      ${
        view.phase === "refused"
          ? html`<p class="bar">
              ${words("chat.refused")}
              <button class="plain" @click=${() => void client.open()}>${words("chat.retry")}</button>
            </p>`
          : nothing
      }
      ${
        state === "queued"
          ? html`<p class="bar" data-bar="queue">
              ${position ? words("queue.position", { position }) : words("queue.waiting")}
              ${waitS ? words("queue.wait", { minutes: Math.max(1, Math.round(waitS / 60)) }) : nothing}
            </p>`
          : nothing
      }
    </div>`;
  }

  #uploads(view: ChatView, client: ChatClient): TemplateResult {
    const words = this.#words;
    if (!view.uploads.length) return html``;
    return html`<div class="uploads">
      ${view.uploads.map(({ key, name, part, failed }) => {
        const percent = Math.round(part * 100);
        if (!failed)
          return html`<label>${words("upload.going", { name, percent })}<progress max="1" value=${part}></progress></label>`;
        const why =
          failed === "too_large" ? "upload.too_large" : /type/.test(failed) ? "upload.type" : "upload.failed";
        return html`<p class="bad" role="alert">
          ${words(why, { name })}
          <button class="plain" @click=${() => client.dismissUpload(key)}>${words("upload.dismiss")}</button>
        </p>`;
      })}
    </div>`;
  }

  #endQuestion(client: ChatClient): TemplateResult {
    const words = this.#words;
    const close = () => {
      this.asksEnd = false;
    };
    return html`<div class="panel" role="alertdialog" aria-label=${words("talk.endAsk")}>
      <p>${words("talk.endAsk")}</p>
      <div class="actions">
        <button
          class="primary"
          data-action="end-yes"
          @click=${() => {
            close();
            client.end();
          }}
        >
          ${words("talk.endYes")}
        </button>
        <button class="plain" @click=${close}>${words("talk.endNo")}</button>
      </div>
    </div>`;
  }

  #foot(view: ChatView, client: ChatClient): TemplateResult {
    const words = this.#words;
    const { state, reason } = view.status;
    if (view.survey === "asked")
      return html`<opencec-chat-rating .client=${client} .words=${words}></opencec-chat-rating>`;
    if (view.isLeft) return html`<div class="panel" role="status"><p>${words("leave.done")}</p></div>`;
    const isOver = state === "none" || state === "ended";
    const isClosed = view.channel?.isOpen === false && isOver;
    const isNobody =
      (state === "ended" && NOBODY.test(reason ?? "")) || NOBODY.test(view.failure?.code ?? "");
    if (isClosed || isNobody)
      return html`<opencec-chat-leave .client=${client} .words=${words} .unsent=${unsent(view)}></opencec-chat-leave>`;
    if (state === "ended" && !view.outgoing.length) return this.#over(view, client);
    return html`<opencec-chat-composer
      .client=${client}
      .words=${words}
      .draftKey=${`opencec.chat.${this.channel}.draft`}
    ></opencec-chat-composer>`;
  }

  #over(view: ChatView, client: ChatClient): TemplateResult {
    const words = this.#words;
    return html`<div class="panel" role="status">
      <p>${words(view.survey === "given" ? "rate.thanks" : "talk.ended")}</p>
      <div class="actions">
        <button class="primary" data-action="again" @click=${() => client.connect()}>${words("talk.again")}</button>
      </div>
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "opencec-chat": OpencecChat;
  }
}

const ELEMENTS: [string, CustomElementConstructor][] = [
  ["opencec-chat-file", FileView],
  ["opencec-chat-leave", LeaveForm],
  ["opencec-chat-rating", RatingForm],
  ["opencec-chat-composer", Composer],
  ["opencec-chat", OpencecChat],
];
for (const [name, element] of ELEMENTS) if (!customElements.get(name)) customElements.define(name, element);
