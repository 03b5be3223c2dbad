/** What stands below the conversation when nobody can talk: a message for later, or the question how it was. */

import type { ChatClient } from "@opencec/chat-client";
import { html, LitElement, nothing, type TemplateResult } from "lit";
import type { Words } from "../locales/words";
import { icon } from "./icons";
import { styles } from "./styles";

class Form extends LitElement {
  static override styles = styles;
  static override properties = { client: { attribute: false }, words: { attribute: false } };
  declare client: ChatClient;
  declare words: Words;

  protected field(name: string): string {
    const found = this.renderRoot.querySelector<HTMLInputElement | HTMLTextAreaElement>(`[name="${name}"]`);
    return found?.value.trim() ?? "";
  }
}

export class LeaveForm extends Form {
  static override properties = { ...Form.properties, missing: { state: true }, unsent: { attribute: false } };
  declare missing: boolean;
  /** Texts that found nobody, by their keys: the message begins with them. */
  declare unsent: ReadonlyMap<string, string>;
  #isFilled = false;

  constructor() {
    super();
    this.missing = false;
    this.unsent = new Map();
  }

  protected override updated(): void {
    const area = this.renderRoot.querySelector("textarea");
    if (this.#isFilled || !area || !this.unsent.size) return;
    this.#isFilled = true;
    if (!area.value) area.value = [...this.unsent.values()].join("\n");
  }

  #send(event: Event): void {
    event.preventDefault();
    const phone = this.field("phone");
    const text = this.field("text");
    this.missing = !phone || !text;
    if (this.missing) return;
    this.client.leaveMessage(phone, text);
    for (const key of this.unsent.keys()) this.client.discard(key);
  }

  protected override render(): TemplateResult {
    const words = this.words;
    return html`<form class="panel" novalidate @submit=${this.#send}>
      <h3>${words("leave.title")}</h3>
      <p>${words("leave.why")}</p>
      <label>${words("leave.phone")}<input name="phone" maxlength="64" autocomplete="tel" required /></label>
      <label>${words("leave.text")}<textarea name="text" rows="3" maxlength="1000" required></textarea></label>
      ${this.missing ? html`<p class="bad" role="alert">${words("leave.missing")}</p>` : nothing}
      <div class="actions"><button class="primary">${words("leave.send")}</button></div>
    </form>`;
  }
}

export class RatingForm extends Form {
  static override properties = { ...Form.properties, score: { state: true } };
  declare score: number;

  constructor() {
    super();
    this.score = 0;
  }

  #send(event: Event): void {
    event.preventDefault();
    if (this.score) this.client.rate({ score: this.score, comment: this.field("comment") });
  }

  #star(count: number): TemplateResult {
    return html`<label class=${count <= this.score ? "on" : ""}>
      <input
        class="hidden"
        type="radio"
        name="score"
        value=${count}
        .checked=${count === this.score}
        @change=${() => {
          this.score = count;
        }}
      />
      ${icon("star")}<span class="hidden">${this.words("rate.stars", { count })}</span>
    </label>`;
  }

  protected override render(): TemplateResult {
    const words = this.words;
    return html`<form class="panel" @submit=${this.#send}>
      <fieldset>
        <legend>${words("rate.title")}</legend>
        <div class="stars">${[1, 2, 3, 4, 5].map((count) => this.#star(count))}</div>
      </fieldset>
      <label>${words("rate.comment")}<textarea name="comment" rows="2" maxlength="500"></textarea></label>
      <div class="actions">
        <button class="primary" ?disabled=${!this.score}>${words("rate.send")}</button>
        <button type="button" class="plain" @click=${() => this.client.skipSurvey()}>${words("rate.skip")}</button>
      </div>
    </form>`;
  }
}
