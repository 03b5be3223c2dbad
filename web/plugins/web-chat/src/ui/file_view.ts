/** A file in a message: a small picture, a player, or a name to save; the content is fetched with the customer's token. */

import type { ChatClient, ChatMessage } from "@opencec/chat-client";
import { html, LitElement, nothing, type TemplateResult } from "lit";
import type { Words } from "../locales/words";
import { icon } from "./icons";
import { styles } from "./styles";

/** Only these are ever shown inside the page; everything else is saved. */
const SHOWN = /^(image\/(png|jpeg|gif|webp|bmp)|audio\/|video\/)/;

export class FileView extends LitElement {
  static override styles = styles;
  static override properties = {
    client: { attribute: false },
    message: { attribute: false },
    words: { attribute: false },
    url: { state: true },
    failed: { state: true },
  };
  declare client: ChatClient;
  declare message: ChatMessage;
  declare words: Words;
  declare url: string;
  declare failed: boolean;

  constructor() {
    super();
    this.url = "";
    this.failed = false;
  }

  protected override firstUpdated(): void {
    // Sounds and films are fetched when they are asked for.
    if (this.message.mediaType === "IMAGE" && this.#isShown) void this.#load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    if (this.url) URL.revokeObjectURL(this.url);
  }

  get #isShown(): boolean {
    return SHOWN.test(this.message.file?.type ?? "");
  }

  async #load(): Promise<void> {
    const { file, mediaType } = this.message;
    if (!file) return;
    try {
      const blob = await this.client.fetchFile(file, { thumbnail: mediaType === "IMAGE" });
      this.url = URL.createObjectURL(blob);
      this.failed = false;
    } catch {
      this.failed = true;
    }
  }

  async #save(): Promise<void> {
    const { file } = this.message;
    if (!file) return;
    try {
      const whole = await this.client.fetchFile(file);
      // As an attachment of no known type: what it holds cannot run in this page's origin.
      const url = URL.createObjectURL(new Blob([whole], { type: "application/octet-stream" }));
      const link = document.createElement("a");
      link.href = url;
      link.download = file.name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    } catch {
      this.failed = true;
    }
  }

  protected override render(): TemplateResult {
    const name = this.message.file?.name ?? "";
    const words = this.words;
    return html`<div class="bubble media">
      ${this.#content(name)}
      ${this.failed ? html`<p class="meta bad" role="alert">${words("file.failed")}</p>` : nothing}
    </div>`;
  }

  #content(name: string): TemplateResult {
    const { mediaType } = this.message;
    const words = this.words;
    if (this.url && mediaType === "IMAGE")
      return html`<button part="picture" aria-label=${words("file.save", { name })} @click=${() => void this.#save()}>
        <img src=${this.url} alt=${words("file.picture", { name })} />
      </button>`;
    if (this.url && mediaType === "AUDIO")
      return html`<audio controls src=${this.url} aria-label=${name}></audio>`;
    if (this.url && mediaType === "VIDEO")
      return html`<video controls src=${this.url} aria-label=${name}></video>`;
    const plays = this.#isShown && mediaType !== "IMAGE" && mediaType !== "DOCUMENT";
    return html`<button class="paper" @click=${() => void (plays ? this.#load() : this.#save())}>
      ${icon("document")}
      <span>${words(plays ? "file.open" : "file.save", { name })}</span>
    </button>`;
  }
}
