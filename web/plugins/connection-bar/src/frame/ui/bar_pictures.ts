/** The video window below the bar: the far end, the own picture, hidden or in a window of its own on request. */

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import type { Bar } from "../bar";
import type { Words } from "../locales/words";
import { styles } from "./styles";

/** A sender with its camera on sends several pictures a second; a browser goes on to show the last one for ever. */
const STILL_MS = 1_500;
const LOOK_EVERY_MS = 300;

export class BarPictures extends LitElement {
  static override styles = styles;
  static override properties = {
    bar: { attribute: false },
    words: { attribute: false },
    folded: { state: true },
    moving: { state: true },
  };

  declare bar: Bar;
  declare words: Words;
  declare folded: boolean;
  declare moving: boolean;
  #off: (() => void) | null = null;
  #look: ReturnType<typeof setInterval> | undefined;
  #frames = 0;
  #movedAt = Number.NEGATIVE_INFINITY;

  constructor() {
    super();
    this.folded = false;
    this.moving = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#off = this.bar.on("change", () => this.requestUpdate());
    this.#look = setInterval(() => this.#watch(), LOOK_EVERY_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#off?.();
    clearInterval(this.#look);
    if (document.pictureInPictureElement) void document.exitPictureInPicture().catch(() => undefined);
  }

  override render(): TemplateResult {
    const { pictures } = this.bar.view.phone;
    const note = pictures.problem
      ? this.words("pictures.problem", { detail: pictures.problem })
      : this.words("pictures.off");
    const fold = () => {
      this.folded = !this.folded;
    };
    return html`<section class="stage" aria-label=${this.words("pictures.label")} data-moving=${String(this.moving)}>
      <div class="far" ?hidden=${this.folded}>
        <video data-picture="remote" muted playsinline ?hidden=${!this.moving}></video>
        ${this.moving ? nothing : html`<span>${this.words("pictures.none")}</span>`}
      </div>
      <div class="near" ?hidden=${this.folded}>
        <video data-picture="own" muted playsinline ?hidden=${!pictures.own}></video>
        ${pictures.own ? nothing : html`<span data-problem=${pictures.problem ?? "none"}>${note}</span>`}
      </div>
      <button class="plain" data-button="fold" aria-expanded=${String(!this.folded)} @click=${fold}>
        ${this.words(this.folded ? "pictures.show" : "pictures.hide")}
      </button>
      ${
        document.pictureInPictureEnabled && this.moving
          ? html`<button class="plain" data-button="ownWindow" @click=${this.#window}>${this.words("pictures.window")}</button>`
          : nothing
      }
    </section>`;
  }

  protected override updated(_: PropertyValues): void {
    const { remote, own } = this.bar.view.phone.pictures;
    this.#play("remote", remote);
    this.#play("own", own);
  }

  #video(name: "remote" | "own"): HTMLVideoElement | null {
    return this.renderRoot.querySelector(`[data-picture=${name}]`);
  }

  #play(name: "remote" | "own", stream: MediaStream | null): void {
    const video = this.#video(name);
    if (!video || video.srcObject === stream) return;
    video.srcObject = stream;
    if (stream) void video.play()?.catch(() => undefined); // a newer stream took over
  }

  #watch(): void {
    const frames = this.#video("remote")?.getVideoPlaybackQuality?.().totalVideoFrames ?? 0;
    const now = performance.now();
    if (frames !== this.#frames) this.#movedAt = now;
    this.#frames = frames;
    this.moving = now - this.#movedAt < STILL_MS;
  }

  readonly #window = (): void => {
    const video = this.#video("remote");
    const left = document.pictureInPictureElement
      ? document.exitPictureInPicture()
      : video?.requestPictureInPicture();
    left?.catch(() => undefined);
  };
}
