/** The bar itself: state, call, buttons, phone; what needs a choice opens below it. */

import { activeCall, heldCalls, otherNumber } from "@opencec/agent-calls";
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import type { Bar } from "../bar";
import type { Words } from "../locales/words";
import { type Button, CALL_BUTTONS, PAIRS, PICTURE_BUTTONS, STATE_BUTTONS } from "../state_table";
import { BarPictures } from "./bar_pictures";
import { icon } from "./icons";
import { BarPanel, type PanelName } from "./panel";
import { styles } from "./styles";

/** Buttons that act at once, and the operation behind each. */
const OPERATION: Partial<Record<Button, string>> = {
  signIn: "login",
  signOut: "logout",
  enterWork: "work",
  exitWork: "cancelWork",
  endRest: "cancelRest",
  answer: "answer",
  hangUp: "release",
  hold: "hold",
  mute: "beginMute",
  unmute: "endMute",
  freeze: "beginMuteVideo",
  unfreeze: "endMuteVideo",
};

/** With one held call these act at once, with several they ask which. */
const ON_HELD: Partial<Record<Button, string>> = {
  retrieve: "getHold",
  threeWay: "confJoin",
  connectHold: "connectHold",
};

const PANELS: ReadonlySet<string> = new Set([
  "callOut",
  "callInner",
  "transfer",
  "consult",
  "secondDial",
  "rest",
  "busy",
]);

/** A panel is for the button that opened it: when that is off, so is the panel. */
const ALWAYS = "devices";

const clock = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (part: number) => String(part).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  return `${hours ? `${hours}:` : ""}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
};

export class BarElement extends LitElement {
  static override styles = styles;
  static override properties = {
    bar: { attribute: false },
    words: { attribute: false },
    panel: { state: true },
  };

  declare bar: Bar;
  declare words: Words;
  declare panel: PanelName | null;
  /** Which of a pair was on last. */
  readonly #shown = new Map<Button, Button>();
  #off: (() => void) | null = null;
  #tick: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.panel = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#off = this.bar.on("change", () => this.requestUpdate());
    this.#tick = setInterval(() => this.requestUpdate(), 1_000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#off?.();
    clearInterval(this.#tick);
  }

  protected override willUpdate(_: PropertyValues): void {
    if (this.panel && this.panel !== ALWAYS && !this.bar.buttons.has(this.panel)) this.panel = null;
  }

  override render(): TemplateResult {
    const { model, pending } = this.bar.view;
    const on = this.bar.buttons;
    const ringing = on.has("answer");
    return html`<div class="bar ${ringing ? "ringing" : ""}" role="toolbar" aria-label=${this.words("bar.label")} data-state=${model.state}>
        ${this.#state()}
        <div class="group" role="group" aria-label=${this.words("group.state")}>${this.#tools(STATE_BUTTONS, on, pending)}</div>
        <div class="group" role="group" aria-label=${this.words("group.call")}>${this.#tools(CALL_BUTTONS, on, pending)}</div>
        <div class="group" role="group" aria-label=${this.words("pictures.label")}>${this.#tools(PICTURE_BUTTONS, on, pending)}</div>
        ${this.#calls()} ${this.#phone()}
      </div>
      ${this.#lines()}
      ${this.bar.view.phone.pictures.active ? html`<opencec-bar-pictures .bar=${this.bar} .words=${this.words}></opencec-bar-pictures>` : nothing}
      ${
        this.panel
          ? html`<opencec-bar-panel
              .name=${this.panel}
              .bar=${this.bar}
              .words=${this.words}
              @close=${this.#closePanel}
            ></opencec-bar-panel>`
          : nothing
      }`;
  }

  #state(): TemplateResult {
    const { model, account } = this.bar.view;
    const asked = model.requested ? this.words(`state.requested.${model.requested}`) : "";
    const rest = model.state === "rest" && model.rest ? model.rest : null;
    const time = clock(rest && !rest.overdue ? rest.until - this.bar.now() : this.bar.now() - model.since);
    return html`<div class="info state ${model.state}">
      <b role="status" data-field="state">${this.words(`state.${model.state}`)}</b>
      <small>
        <span data-field="timer">${model.state === "signedOut" ? (account?.name ?? "") : time}</span>
        ${asked || (rest?.overdue ? this.words("state.overdue") : "")}
      </small>
    </div>`;
  }

  #calls(): TemplateResult {
    const { model, account } = this.bar.view;
    const calls = [activeCall(model), ...heldCalls(model)].filter((call) => call !== null);
    return html`${calls.map((call) => {
      const since = call.phase === "held" ? call.heldAt : call.talkingAt;
      const phase = this.words(call.muted ? "call.muted" : `call.${call.phase}`);
      return html`<div class="info" data-call=${call.callid} data-phase=${call.phase}>
        <b>${otherNumber(call, account?.workno ?? "")}</b>
        <small>${phase} ${since ? clock(this.bar.now() - since) : ""} ${call.queue}</small>
      </div>`;
    })}`;
  }

  #phone(): TemplateResult {
    const { model, phone, mode } = this.bar.view;
    const isOut = model.state === "signedOut";
    const { quality } = phone;
    const status =
      mode === "own"
        ? "phone.own"
        : quality
          ? (`quality.${quality.grade}` as const)
          : phone.registered
            ? "phone.up"
            : "phone.down";
    const choose = (event: Event) =>
      this.bar.setMode((event.target as HTMLSelectElement).value as "browser" | "own");
    return html`<div class="end">
      ${
        isOut
          ? html`<label class="note"
              >${this.words("panel.phone")}
              <select data-field="mode" @change=${choose}>
                <option value="browser" ?selected=${mode === "browser"}>${this.words("phone.browser")}</option>
                <option value="own" ?selected=${mode === "own"}>${this.words("phone.own")}</option>
              </select>
            </label>`
          : html`<span class="note" role="status" data-field="phone">${this.words(status as Parameters<Words>[0])}</span>`
      }
      ${this.#tool("devices", true, mode === "own", () => this.#open(ALWAYS))}
    </div>`;
  }

  #lines(): TemplateResult {
    const { model, failure, reachable, takeOver, phone } = this.bar.view;
    const line = (name: string, text: string, act: () => void, label: string) =>
      html`<div class="line" role="alert" data-notice=${name}>${text}<button @click=${act}>${label}</button></div>`;
    const dismiss = () => this.bar.dismiss();
    const close = this.words("panel.close");
    const blocked = () => this.bar.phone.unblockAudio();
    return html`
      ${reachable ? nothing : html`<div class="line" role="alert" data-notice="unreachable">${this.words("notice.unreachable")}</div>`}
      ${model.notice ? line(model.notice, this.words(`notice.${model.notice}`), dismiss, close) : nothing}
      ${phone.audioBlocked ? line("audioBlocked", this.words("notice.audioBlocked"), blocked, "OK") : nothing}
      ${failure ? line("failure", takeOver ? this.words("notice.takeOver") : this.#failure(failure), dismiss, close) : nothing}
    `;
  }

  #failure({ code, message, name }: { code: string; message: string; name: string }): string {
    if (code === "microphone") return this.words("failure.microphone", { detail: message });
    if (code === "phone" || code === "lost" || code === "session_over") return this.words(`failure.${code}`);
    return this.words("failure.other", { action: name, detail: `${message} (${code})` });
  }

  #tools(names: readonly Button[], on: ReadonlySet<Button>, pending: string | null): TemplateResult[] {
    const hidden = new Set<Button>();
    for (const pair of PAIRS) {
      const [first, second] = pair;
      const live = on.has(first) ? first : on.has(second) ? second : (this.#shown.get(first) ?? first);
      this.#shown.set(first, live);
      hidden.add(live === first ? second : first);
    }
    return names
      .filter((name) => !hidden.has(name))
      .map((name) => this.#tool(name, on.has(name), pending !== null, () => this.#press(name)));
  }

  #tool(name: Button | "devices", isOn: boolean, waits: boolean, press: () => void): TemplateResult {
    const opens = PANELS.has(name) || name === ALWAYS;
    return html`<button
      class="tool ${name}"
      data-button=${name}
      ?disabled=${!isOn || waits}
      aria-expanded=${opens ? String(this.panel === name) : nothing}
      @click=${press}
    >
      ${icon(name)}<span>${this.words(`button.${name}`)}</span>
    </button>`;
  }

  #press(name: Button): void {
    const { model } = this.bar.view;
    if (PANELS.has(name)) this.#open(name as PanelName);
    else if (ON_HELD[name]) {
      if (heldCalls(model).length > 1) this.#open(name as PanelName);
      else void this.bar.click(ON_HELD[name], { callid: this.bar.firstHeld });
    } else if (name === "takeBack") void this.bar.takeBack();
    else if (name === "toVideo" || name === "toVoice")
      void this.bar.click("mediaSwitch", { mode: name === "toVideo" ? "video" : "audio" });
    else if (name === "ready") void this.bar.click(model.state === "busy" ? "cancelBusy" : "sayFree");
    else void this.bar.click(OPERATION[name] ?? name);
  }

  #open(name: PanelName): void {
    this.panel = this.panel === name ? null : name;
  }

  readonly #closePanel = (): void => {
    const name = this.panel;
    this.panel = null;
    void this.updateComplete.then(() =>
      this.renderRoot.querySelector<HTMLElement>(`[data-button=${name}]`)?.focus(),
    );
  };
}

/** Makes the elements known, once. */
export function defineElements(): void {
  customElements.define("opencec-bar-pictures", BarPictures);
  customElements.define("opencec-bar-panel", BarPanel);
  customElements.define("opencec-bar", BarElement);
}
