/** The frame in a page: makes it, starts the bar in it, and passes calls and events between the two. */

import type { BarEventName, BarEvents, Failure, FromBar, Start } from "./protocol";

/** The documented name of the frame (lightweight-plugins 1.2). */
export const FRAME_NAME = "ccbarclient";
const HEIGHT_PX = 56;
const HIGHEST_PX = 600;

/** The bar refused a call; `code` is the gateway's result code, or one of ours. */
export class BarError extends Error {
  readonly code: string;

  constructor({ code, message }: Failure) {
    super(message || code);
    this.code = code;
  }
}

export interface HostOptions {
  /** Ends with a slash: `https://example.com/service-cloud/`. */
  contextPath: string;
  /** Page of the bar, relative to the context path. */
  frame: string;
  session: string;
  lang: string;
  documented: boolean;
  onEvent?: <Name extends BarEventName>(name: Name, detail: BarEvents[Name]) => void;
  onCallback?: (message: unknown) => void;
}

type Settle = { resolve: (result: unknown) => void; reject: (error: Error) => void };

/** One bar in one frame. `root` is to be put into the page. */
export class BarHost {
  readonly root: HTMLElement;
  readonly #frame: HTMLIFrameElement;
  readonly #options: HostOptions;
  readonly #waiting = new Map<number, Settle>();
  #port: MessagePort | null = null;
  #queue: unknown[] = [];
  #last = 0;

  constructor(options: HostOptions) {
    this.#options = options;
    const root = document.createElement("div");
    // A strip of fixed height; what opens below it lies over the page instead of moving it.
    root.style.cssText = `position:relative;height:${HEIGHT_PX}px;min-width:0`;
    const frame = document.createElement("iframe");
    frame.name = FRAME_NAME;
    frame.title = "Connection bar";
    frame.allow = "microphone; camera; autoplay; speaker-selection";
    frame.style.cssText = `position:absolute;z-index:2147483000;top:0;left:0;width:100%;height:${HEIGHT_PX}px;border:0;color-scheme:normal`;
    frame.src = new URL(options.frame, options.contextPath).href;
    frame.addEventListener("load", () => this.#start());
    root.append(frame);
    this.root = root;
    this.#frame = frame;
  }

  /** Any operation of the agent gateway by its name. @throws BarError */
  call(name: string, param: unknown = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#last += 1;
      this.#waiting.set(this.#last, { resolve, reject });
      const message = { kind: "command", id: this.#last, name, param };
      if (this.#port) this.#port.postMessage(message);
      else this.#queue.push(message);
    });
  }

  close(): void {
    this.root.remove();
    this.#port?.close();
    for (const { reject } of this.#waiting.values())
      reject(new BarError({ code: "closed", message: "the bar was removed" }));
    this.#waiting.clear();
  }

  #start(): void {
    const { contextPath, session, lang, documented } = this.#options;
    const { port1, port2 } = new MessageChannel();
    this.#port?.close();
    this.#port = port1;
    port1.onmessage = ({ data }: MessageEvent<FromBar>) => this.#hear(data);
    const start: Start = { opencec: "start", session, lang, documented };
    this.#frame.contentWindow?.postMessage(start, new URL(contextPath).origin, [port2]);
    for (const message of this.#queue.splice(0)) port1.postMessage(message);
  }

  #hear(message: FromBar): void {
    switch (message.kind) {
      case "size":
        this.#frame.style.height = `${Math.min(HIGHEST_PX, Math.max(HEIGHT_PX, message.height))}px`;
        break;
      case "event":
        this.#options.onEvent?.(message.name, message.detail);
        break;
      case "callback":
        this.#options.onCallback?.(message.message);
        break;
      case "answer":
        this.#take(message.id)?.resolve(message.result);
        break;
      case "failure":
        this.#take(message.id)?.reject(new BarError(message.failure));
        break;
    }
  }

  #take(id: number): Settle | undefined {
    const settle = this.#waiting.get(id);
    this.#waiting.delete(id);
    return settle;
  }
}
