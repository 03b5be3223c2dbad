/**
 * `<opencec-connection-bar>`: the bar as a custom element with typed events, for pages that need no global at all.
 *
 * ```html
 * <opencec-connection-bar context-path="https://cc.example.com/service-cloud/"></opencec-connection-bar>
 * ```
 */

import { BarError, BarHost } from "./host";
import type { BarEventName, BarEvents } from "./protocol";

export { BarError } from "./host";
export type * from "./protocol";

/** What the enterprise's server vouches for: a token of its own, the tenant space, the agent's account. */
export interface Proof {
  access_token: string;
  tenantSpaceId: string;
  userAccount: string;
}

export interface ConnectionBarEventMap {
  ready: CustomEvent<BarEvents["ready"]>;
  state: CustomEvent<BarEvents["state"]>;
  ringing: CustomEvent<BarEvents["ringing"]>;
  call: CustomEvent<BarEvents["call"]>;
  released: CustomEvent<BarEvents["released"]>;
  phone: CustomEvent<BarEvents["phone"]>;
  agentevent: CustomEvent<BarEvents["agentevent"]>;
  failed: CustomEvent<BarEvents["failed"]>;
}

export type TransferTarget = {
  devicetype: 1 | 2 | 3 | 4 | 5;
  address: string;
  mode: number;
  callappdata?: string;
};

export class ConnectionBar extends HTMLElement {
  #host: BarHost | null = null;

  constructor() {
    super();
    this.attachShadow({ mode: "open" });
    if (!this.style.display) this.style.display = "block";
  }

  /** Shows the bar of an agent. Resolves when the server accepted the proof. @throws BarError */
  async start(proof: Proof): Promise<void> {
    const given = this.getAttribute("context-path");
    if (!given)
      throw new BarError({ code: "context_path", message: "the attribute context-path is missing" });
    const contextPath = new URL(given, location.href).href;
    const response = await fetch(new URL("ccdesktop/pages/cc-bar/session", contextPath).href, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(proof),
      cache: "no-store",
    });
    const answer = (await response.json().catch(() => ({}))) as Record<string, string>;
    if (!response.ok)
      throw new BarError({
        code: answer.code ?? "lost",
        message: answer.message ?? `status ${response.status}`,
      });
    this.stop();
    this.#host = new BarHost({
      contextPath,
      frame: answer.frame ?? "",
      session: answer.session ?? "",
      lang: this.lang || document.documentElement.lang,
      documented: false,
      onEvent: (name, detail) => this.dispatchEvent(new CustomEvent(name, { detail })),
    });
    this.shadowRoot?.append(this.#host.root);
  }

  /** Takes the bar away; an agent who is signed in stays so until the gateway misses the bar. */
  stop(): void {
    this.#host?.close();
    this.#host = null;
  }

  disconnectedCallback(): void {
    this.stop();
  }

  /** Any operation of the agent gateway by its name, `call("innerHelp", {dstaddress: "105"})`. @throws BarError */
  async call(name: string, param: unknown = {}): Promise<unknown> {
    if (!this.#host) throw new BarError({ code: "not_started", message: "call start() first" });
    return this.#host.call(name, param);
  }

  signIn = (): Promise<unknown> => this.call("login");
  signOut = (): Promise<unknown> => this.call("logout");
  ready = (): Promise<unknown> => this.call("sayFree");
  busy = (reason = 0): Promise<unknown> => this.call("sayBusy", { reason });
  rest = (seconds: number, cause = 0): Promise<unknown> =>
    this.call("rest", { time: seconds, restcause: cause });
  answer = (): Promise<unknown> => this.call("answer");
  hangUp = (): Promise<unknown> => this.call("release");
  hold = (): Promise<unknown> => this.call("hold");
  retrieve = (callid: string): Promise<unknown> => this.call("getHold", { callid });
  mute = (): Promise<unknown> => this.call("beginMute");
  unmute = (): Promise<unknown> => this.call("endMute");
  sendTones = (digits: string): Promise<unknown> => this.call("secondDialEx", { number: digits });
  callOut = (number: string, mode: "audio" | "video" = "audio"): Promise<unknown> =>
    this.call("callout", { number, mode });
  toVideo = (): Promise<unknown> => this.call("mediaSwitch", { mode: "video" });
  toVoice = (): Promise<unknown> => this.call("mediaSwitch", { mode: "audio" });
  muteVideo = (): Promise<unknown> => this.call("beginMuteVideo");
  unmuteVideo = (): Promise<unknown> => this.call("endMuteVideo");
  transfer = (target: TransferTarget): Promise<unknown> => this.call("transfer", target);

  /** A listener that knows the type of its event; returns the function that removes it. */
  on<Name extends BarEventName>(name: Name, listener: (detail: BarEvents[Name]) => void): () => void {
    const hear = (event: Event) => listener((event as CustomEvent<BarEvents[Name]>).detail);
    this.addEventListener(name, hear);
    return () => this.removeEventListener(name, hear);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "opencec-connection-bar": ConnectionBar;
  }
}

if (!customElements.get("opencec-connection-bar"))
  customElements.define("opencec-connection-bar", ConnectionBar);
