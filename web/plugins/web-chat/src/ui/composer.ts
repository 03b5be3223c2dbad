/** Where the customer writes: text, emoji, pictures by paste, files by the button. The draft outlives a reload. */

import type { ChatClient } from "@opencec/chat-client";
import { html, LitElement, nothing, type TemplateResult } from "lit";
import type { Words } from "../locales/words";
import { icon } from "./icons";
import { styles } from "./styles";

const EMOJIS = [..."😀😊😂😍🤔😢😡👍👎🙏👏💪🎉🔥❤✅❌⭐📦🚚💳📞📷⏰"];
const LONGEST = 4_000;

export class Composer extends LitElement {
  static override styles = styles;
  static override properties = {
    client: { attribute: false },
    words: { attribute: false },
    emojis: { state: true },
    draftKey: { attribute: false },
  };
  declare client: ChatClient;
  declare words: Words;
  declare emojis: boolean;
  declare draftKey: string;

  constructor() {
    super();
    this.emojis = false;
  }

  override focus(): void {
    this.#area?.focus();
  }

  get #area(): HTMLTextAreaElement | null {
    return this.renderRoot.querySelector("textarea");
  }

  protected override firstUpdated(): void {
    const area = this.#area;
    if (!area) return;
    try {
      area.value = sessionStorage.getItem(this.draftKey) ?? "";
    } catch {
      // A browser that keeps nothing forgets the draft.
    }
  }

  #changed(): void {
    const text = this.#area?.value ?? "";
    this.client.typing(text !== "");
    try {
      sessionStorage.setItem(this.draftKey, text);
    } catch {
      // As above.
    }
  }

  #send(): void {
    const area = this.#area;
    if (!area?.value.trim()) return;
    this.client.say(area.value);
    area.value = "";
    this.emojis = false;
    this.#changed();
    area.focus();
  }

  #key(event: KeyboardEvent): void {
    // While an input method composes, Enter chooses a word (229: Safari, which ends composing first).
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#send();
  }

  #insert(emoji: string): void {
    const area = this.#area;
    if (!area) return;
    area.setRangeText(emoji, area.selectionStart, area.selectionEnd, "end");
    this.#changed();
    area.focus();
  }

  #paste(event: ClipboardEvent): void {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    for (const file of files) void this.client.sendFile(file);
  }

  #chosen(event: Event): void {
    const input = event.target as HTMLInputElement;
    for (const file of input.files ?? []) void this.client.sendFile(file);
    input.value = "";
  }

  protected override render(): TemplateResult {
    const words = this.words;
    return html`
      ${
        this.emojis
          ? html`<div class="emojis" role="group" aria-label=${words("write.emoji")}>
              ${EMOJIS.map((each) => html`<button @click=${() => this.#insert(each)}>${each}</button>`)}
            </div>`
          : nothing
      }
      <div class="write">
        <button
          class="tool"
          aria-label=${words("write.emoji")}
          aria-expanded=${this.emojis ? "true" : "false"}
          @click=${() => {
            this.emojis = !this.emojis;
          }}
        >
          ${icon("smile")}
        </button>
        <button
          class="tool"
          aria-label=${words("write.file")}
          @click=${() => this.renderRoot.querySelector<HTMLInputElement>("input[type=file]")?.click()}
        >
          ${icon("file")}
        </button>
        <input class="hidden" type="file" multiple tabindex="-1" aria-label=${words("write.file")} @change=${this.#chosen} />
        <textarea
          rows="1"
          maxlength=${LONGEST}
          aria-label=${words("write.label")}
          placeholder=${words("write.label")}
          @input=${this.#changed}
          @keydown=${this.#key}
          @paste=${this.#paste}
        ></textarea>
        <button class="tool send" aria-label=${words("write.send")} @click=${this.#send}>${icon("send")}</button>
      </div>
    `;
  }
}
