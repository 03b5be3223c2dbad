/** The window of a call's pictures in the page: the desktop program has one of its own, a page has a place in itself. */

import type { Pictures } from "@opencec/softphone";

/** Pixels of the page's viewport; `container` is our addition: an element that holds the window instead. */
export interface WindowParam {
  xPos?: number;
  yPos?: number;
  width?: number;
  height?: number;
  container?: HTMLElement | null;
}

const FLOATING = "position:fixed;z-index:2147483000;";
const FILLING = "position:relative;width:100%;height:100%;";
const STYLE = `
:host { background: #000; border-radius: 8px; overflow: hidden; }
.views { display: flex; width: 100%; height: 100%; position: relative; }
video { flex: 1; min-width: 0; width: 100%; height: 100%; object-fit: contain; background: #000; }
.views.cropped video { object-fit: cover; }
.own { transform: scaleX(-1); }
.views.corner .own { position: absolute; right: 8px; bottom: 8px; width: 25%; height: 25%; }
.views.alone .own { display: none; }`;

const LAYOUTS = ["corner", "beside", "alone"] as const;

export class VideoWindow {
  readonly root: HTMLElement;
  readonly #views: HTMLElement;
  readonly #far: HTMLVideoElement;
  readonly #own: HTMLVideoElement;
  #at = { xPos: 16, yPos: 16, width: 320, height: 240 };
  #container: HTMLElement | null = null;
  #layout = 0;
  #display = 0;

  constructor() {
    const root = document.createElement("div");
    root.setAttribute("role", "region");
    root.setAttribute("aria-label", "Video");
    const shadow = root.attachShadow({ mode: "open" });
    const style = document.createElement("style");
    style.textContent = STYLE;
    this.#views = document.createElement("div");
    this.#far = picture("far");
    this.#own = picture("own");
    this.#views.append(this.#far, this.#own);
    shadow.append(style, this.#views);
    this.root = root;
    this.#arrange();
  }

  /** Shows a call's pictures; without any the window is gone. */
  show({ active, remote, own }: Pictures): void {
    if (!active) this.root.remove();
    else if (!this.root.isConnected) (this.#container ?? document.body).append(this.root);
    play(this.#far, active ? remote : null);
    play(this.#own, active ? own : null);
    this.#own.hidden = !own;
  }

  /** False: sizes that are none, or a container that is no element. */
  place(param: WindowParam): boolean {
    const { container, ...given } = param ?? {};
    const next = { ...this.#at, ...given };
    const isPlace = Object.values(next).every((each) => typeof each === "number" && Number.isFinite(each));
    if (!isPlace || next.width <= 0 || next.height <= 0) return false;
    if (container !== undefined && container !== null && !(container instanceof HTMLElement)) return false;
    this.#at = next;
    if (container !== undefined) this.#container = container;
    if (this.root.isConnected) (this.#container ?? document.body).append(this.root);
    this.#arrange();
    return true;
  }

  /** False: no such mode. */
  layout(mode: number): boolean {
    if (LAYOUTS[mode] === undefined) return false;
    this.#layout = mode;
    this.#arrange();
    return true;
  }

  /** False: no such mode. */
  display(mode: number): boolean {
    if (mode !== 0 && mode !== 1) return false;
    this.#display = mode;
    this.#arrange();
    return true;
  }

  #arrange(): void {
    const { xPos, yPos, width, height } = this.#at;
    const place = `left:${xPos}px;top:${yPos}px;width:${width}px;height:${height}px`;
    this.root.style.cssText = this.#container ? FILLING : FLOATING + place;
    this.#views.className = `views ${LAYOUTS[this.#layout]}${this.#display ? " cropped" : ""}`;
  }
}

function picture(name: string): HTMLVideoElement {
  const video = document.createElement("video");
  video.className = name;
  video.muted = true; // the sound of the call is played apart
  video.playsInline = true;
  return video;
}

function play(video: HTMLVideoElement, stream: MediaStream | null): void {
  if (video.srcObject === stream) return;
  video.srcObject = stream;
  if (stream) void video.play()?.catch(() => undefined); // a newer stream took over
}
