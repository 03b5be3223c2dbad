/** What opens below the bar: numbers, targets, reasons, keys, devices. */

import { heldCalls, otherNumber } from "@opencec/agent-calls";
import { type AudioDevice, audioDevices, cameras } from "@opencec/softphone";
import { html, LitElement, nothing, type TemplateResult } from "lit";
import type { Bar } from "../bar";
import type { Words } from "../locales/words";
import { styles } from "./styles";
import { CONSULT_MODES, KINDS, type Kind, NUMBER, search, type Target, targetsOf } from "./targets";

export type PanelName =
  | "callOut"
  | "callInner"
  | "transfer"
  | "consult"
  | "secondDial"
  | "rest"
  | "busy"
  | "retrieve"
  | "threeWay"
  | "connectHold"
  | "devices";

interface Devices {
  inputs: AudioDevice[];
  outputs: AudioDevice[];
  cameras: AudioDevice[];
}

const KEYS = "123456789*0#";
const REST_MINUTES = 15;

export class BarPanel extends LitElement {
  static override styles = styles;
  static override properties = {
    name: { attribute: false },
    bar: { attribute: false },
    words: { attribute: false },
    targets: { state: true },
    failed: { state: true },
    kind: { state: true },
    typed: { state: true },
    mode: { state: true },
    touched: { state: true },
    devices: { state: true },
  };

  declare name: PanelName;
  declare bar: Bar;
  declare words: Words;
  declare targets: Target[] | null;
  declare failed: boolean;
  declare kind: Kind;
  declare typed: string;
  declare mode: number;
  declare touched: boolean;
  declare devices: Devices;
  #device: { input: string | null; output: string | null; camera: string | null } = {
    input: null,
    output: null,
    camera: null,
  };

  constructor() {
    super();
    this.#clear("agent");
    this.devices = { inputs: [], outputs: [], cameras: [] };
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener("keydown", this.#onKey);
    if (this.name === "devices") void this.#listDevices();
    else if (["transfer", "consult", "callInner"].includes(this.name)) this.#choose("agent");
  }

  override firstUpdated(): void {
    const first = this.renderRoot.querySelector<HTMLElement>("input, select, .list button, .keys button");
    first?.focus();
  }

  override render(): TemplateResult {
    const heading = this.words(`button.${this.name}`);
    return html`<section class="panel" role="dialog" aria-label=${heading} data-panel=${this.name}>
      <h2>${heading}</h2>
      ${this.#content()}
      <button class="plain" data-button="close" @click=${this.#close}>${this.words("panel.close")}</button>
    </section>`;
  }

  #content(): TemplateResult {
    switch (this.name) {
      case "callOut":
        return this.#dial();
      case "callInner":
        return this.#targetList((address) => this.#do("callInner", { called: address }));
      case "transfer":
        return this.#transfer();
      case "consult":
        return this.#consult();
      case "secondDial":
        return this.#keys();
      case "rest":
        return this.#rest();
      case "busy":
        return this.#busy();
      case "devices":
        return this.#devices();
      default:
        return this.#held();
    }
  }

  // --- numbers and targets ----------------------------------------------------------------------------------------

  #number(): TemplateResult {
    const wrong = this.touched && !NUMBER.test(this.typed);
    return html`<label
      >${this.words("panel.number")}
      <input
        inputmode="tel"
        autocomplete="off"
        maxlength="24"
        data-field="number"
        .value=${this.typed}
        aria-invalid=${wrong}
        @input=${this.#type}
      />
      ${wrong ? html`<span class="wrong" role="alert">${this.words("panel.number.wrong")}</span>` : nothing}
    </label>`;
  }

  #dial(): TemplateResult {
    const dial = (mode: "audio" | "video") => () =>
      this.#withNumber((number) => this.#do("callOut", { number, mode }));
    const call = dial("audio");
    return html`<form @submit=${this.#submit(call)}>
        ${this.#number()}
      </form>
      <button class="do" data-button="call" @click=${call}>${this.words("panel.call")}</button>
      <button class="plain" data-button="callVideo" @click=${dial("video")}>${this.words("panel.callVideo")}</button>`;
  }

  #withNumber(then: (number: string) => void): void {
    this.touched = true;
    if (NUMBER.test(this.typed)) then(this.typed);
  }

  #kinds(kinds: readonly Kind[]): TemplateResult {
    return html`<label
      >${this.words("panel.target")}
      <select data-field="kind" @change=${(event: Event) => this.#choose((event.target as HTMLSelectElement).value as Kind)}>
        ${kinds.map((kind) => html`<option value=${kind} ?selected=${kind === this.kind}>${this.words(KINDS[kind].label)}</option>`)}
      </select>
    </label>`;
  }

  #modes(modes: readonly { value: number; label: Parameters<Words>[0] }[]): TemplateResult {
    return html`<label
      >${this.words("panel.mode")}
      <select
        data-field="mode"
        @change=${(event: Event) => {
          this.mode = Number((event.target as HTMLSelectElement).value);
        }}
      >
        ${modes.map(({ value, label }) => html`<option value=${value} ?selected=${value === this.mode}>${this.words(label)}</option>`)}
      </select>
    </label>`;
  }

  #transfer(): TemplateResult {
    const { device } = KINDS[this.kind];
    const send = (address: string) => this.#do("transfer", { devicetype: device, address, mode: this.mode });
    const kinds = Object.keys(KINDS) as Kind[];
    return html`${this.#kinds(kinds)}${this.#modes(KINDS[this.kind].transfer)}
    ${this.kind === "number" ? this.#outside(send) : this.#targetList(send)}`;
  }

  #outside(send: (address: string) => void): TemplateResult {
    const go = () => this.#withNumber(send);
    return html`<form @submit=${this.#submit(go)}>${this.#number()}</form>
      <button class="do" data-button="transfer-number" @click=${go}>${this.words("button.transfer")}</button>`;
  }

  #consult(): TemplateResult {
    const kinds = (Object.keys(KINDS) as Kind[]).filter((kind) => KINDS[kind].consult);
    const send = (address: string) =>
      this.#do("innerHelp", { dstaddress: address, devicetype: KINDS[this.kind].device, mode: this.mode });
    return html`${this.#kinds(kinds)}${this.#modes(CONSULT_MODES)}${this.#targetList(send)}`;
  }

  #targetList(send: (address: string) => void): TemplateResult {
    const found = search(this.targets ?? [], this.typed);
    return html`<label
        >${this.words("panel.search")}
        <input type="search" data-field="search" .value=${this.typed} @input=${this.#type} />
      </label>
      <ul class="list" aria-live="polite">
        ${
          this.failed || this.targets === null || found.length === 0
            ? html`<li class="note">
                ${this.words(this.failed ? "panel.failed" : this.targets === null ? "panel.loading" : "panel.nothing")}
              </li>`
            : found.map(
                ({ address, label }) =>
                  html`<li><button class="plain" data-target=${address} @click=${() => send(address)}>${label}</button></li>`,
              )
        }
      </ul>`;
  }

  // --- states -----------------------------------------------------------------------------------------------------

  #rest(): TemplateResult {
    const reasons = this.bar.view.account?.rest_reasons ?? [];
    const take = () => {
      const minutes = Number(this.typed || REST_MINUTES);
      const seconds = Math.round(minutes * 60);
      if (seconds >= 1 && seconds <= 86_399) this.#do("rest", { time: seconds, restcause: this.mode });
    };
    return html`${this.#reasons(reasons)}
      <label
        >${this.words("panel.minutes")}
        <input type="number" min="1" max="1439" data-field="minutes" .value=${this.typed || String(REST_MINUTES)} @input=${this.#type} />
      </label>
      <button class="do" data-button="rest" @click=${take}>${this.words("button.rest")}</button>`;
  }

  #busy(): TemplateResult {
    const reasons = this.bar.view.account?.busy_reasons ?? [];
    const take = () => this.#do("sayBusy", { reason: this.mode });
    return html`${this.#reasons(reasons)}
      <button class="do" data-button="busy" @click=${take}>${this.words("button.busy")}</button>`;
  }

  #reasons(reasons: readonly { id: number; name: string }[]): TemplateResult {
    return html`<label
      >${this.words("panel.reason")}
      <select
        data-field="reason"
        @change=${(event: Event) => {
          this.mode = Number((event.target as HTMLSelectElement).value);
        }}
      >
        <option value="0">${this.words("panel.none")}</option>
        ${reasons.map(({ id, name }) => html`<option value=${id}>${name}</option>`)}
      </select>
    </label>`;
  }

  // --- within a call ----------------------------------------------------------------------------------------------

  #keys(): TemplateResult {
    const send = (key: string) => {
      this.typed += key;
      void this.bar.call("secondDialEx", { number: key }).catch(() => undefined);
    };
    return html`<span class="note">${this.words("panel.digits")}: <b data-field="sent">${this.typed}</b></span>
      <div class="keys">
        ${[...KEYS].map((key) => html`<button class="plain" data-key=${key} @click=${() => send(key)}>${key}</button>`)}
      </div>`;
  }

  #held(): TemplateResult {
    const operation = { retrieve: "getHold", threeWay: "confJoin", connectHold: "connectHold" }[
      this.name as "retrieve" | "threeWay" | "connectHold"
    ];
    const { model, account } = this.bar.view;
    return html`<ul class="list" aria-label=${this.words("panel.choose")}>
      ${heldCalls(model).map(
        (call) => html`<li>
          <button class="plain" data-target=${call.callid} @click=${() => this.#do(operation, { callid: call.callid })}>
            ${otherNumber(call, account?.workno ?? "")}
          </button>
        </li>`,
      )}
    </ul>`;
  }

  #devices(): TemplateResult {
    const list = (
      label: "panel.microphone" | "panel.speaker" | "panel.camera",
      which: "input" | "output" | "camera",
      devices: AudioDevice[],
    ) =>
      html`<label
        >${this.words(label)}
        <select
          data-field=${which}
          @change=${(event: Event) => {
            this.#device = { ...this.#device, [which]: (event.target as HTMLSelectElement).value || null };
            void this.bar.phone.setDevices(this.#device).catch(() => undefined);
          }}
        >
          <option value="">${this.words("panel.default")}</option>
          ${devices.map(({ id, label: name }) => html`<option value=${id}>${name || id.slice(0, 8)}</option>`)}
        </select>
      </label>`;
    return html`${list("panel.microphone", "input", this.devices.inputs)}${list("panel.speaker", "output", this.devices.outputs)}${list("panel.camera", "camera", this.devices.cameras)}`;
  }

  // --- common -----------------------------------------------------------------------------------------------------

  readonly #type = (event: Event): void => {
    this.typed = (event.target as HTMLInputElement).value;
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.key === "Escape") this.#close();
  };

  readonly #close = (): void => {
    this.dispatchEvent(new CustomEvent("close"));
  };

  #submit(then: () => void): (event: Event) => void {
    return (event) => {
      event.preventDefault();
      then();
    };
  }

  #do(name: string, params: object): void {
    void this.bar.click(name, params).then((worked) => worked && this.#close());
  }

  async #listDevices(): Promise<void> {
    const [audio, found] = await Promise.all([audioDevices(), cameras()]);
    this.devices = { ...audio, cameras: found };
  }

  #clear(kind: Kind): void {
    this.kind = kind;
    this.targets = null;
    this.failed = false;
    this.typed = "";
    this.touched = false;
    this.mode = 0;
  }

  #choose(kind: Kind): void {
    this.#clear(kind);
    this.mode = this.name === "consult" ? 1 : (KINDS[kind].transfer[0]?.value ?? 0);
    targetsOf(this.bar, kind).then(
      (targets) => {
        if (this.kind === kind) this.targets = targets;
      },
      () => {
        if (this.kind === kind) this.failed = true;
      },
    );
  }
}
