/** Between the bar and the page around it: a port for our own messages, and the documented ones of the window. */

import type { FromBar, Start, ToBar, Told } from "../protocol";
import { BAR_EVENTS } from "../protocol";
import type { Bar } from "./bar";
import { failureOf } from "./failures";

const isStart = (data: unknown): data is Start =>
  typeof data === "object" && data !== null && (data as Start).opencec === "start";

/** The page's first message: from whom, with what. Only the window that frames us is listened to. */
export function started(): Promise<{ start: Start; origin: string; port: MessagePort }> {
  return new Promise((resolve) => {
    const hear = ({ data, origin, source, ports: [port] }: MessageEvent<unknown>) => {
      if (source !== parent || !isStart(data) || !port) return;
      removeEventListener("message", hear);
      resolve({ start: data, origin, port });
    };
    addEventListener("message", hear);
  });
}

interface Documented {
  name: string;
  param: unknown;
}

/** A documented message, as an object or as its JSON text (lightweight-plugins 1.4). */
export function documented(data: unknown): Documented | null {
  let read = data;
  if (typeof data === "string") {
    try {
      read = JSON.parse(data);
    } catch {
      return null;
    }
  }
  if (typeof read !== "object" || read === null) return null;
  const { name, param } = read as { name?: unknown; param?: unknown };
  return typeof name === "string" && name.length <= 64 ? { name, param } : null;
}

export class PageLink {
  readonly #bar: Bar;
  readonly #port: MessagePort;
  readonly #origin: string;
  readonly #wanted = new Set<string>();

  constructor(bar: Bar, { port, origin, speaks }: { port: MessagePort; origin: string; speaks: boolean }) {
    this.#bar = bar;
    this.#port = port;
    this.#origin = origin;
    port.onmessage = ({ data }: MessageEvent<ToBar>) => void this.#command(data);
    for (const name of BAR_EVENTS) bar.on(name, (detail) => this.#send({ kind: "event", name, detail }));
    if (!speaks) return;
    bar.on("agentevent", (event) => {
      if (this.#wanted.has(event.eventType)) this.#tell({ message: "", retcode: "0", event, ...event });
    });
    addEventListener("message", ({ data, source, origin: from }: MessageEvent<unknown>) => {
      const message = source === parent && from === origin ? documented(data) : null;
      if (message) void this.#documented(message);
    });
  }

  resized(height: number): void {
    this.#send({ kind: "size", height });
  }

  async #command({ id, name, param }: ToBar): Promise<void> {
    try {
      this.#send({ kind: "answer", id, result: await this.#bar.call(name, param) });
    } catch (error) {
      this.#send({ kind: "failure", id, failure: failureOf(error) });
    }
  }

  async #documented({ name, param }: Documented): Promise<void> {
    if (name === "eventpost") {
      const names = Array.isArray(param) ? param : [param];
      for (const each of names)
        if (typeof each === "string" && this.#wanted.size < 200) this.#wanted.add(each);
      return;
    }
    try {
      const result = (await this.#bar.call(name, param)) ?? {};
      this.#tell({ message: "success", retcode: "0", event: null, name, result });
    } catch (error) {
      const { code, message } = failureOf(error);
      this.#tell({ message, retcode: code, event: null, name });
    }
  }

  #tell(message: Told): void {
    this.#send({ kind: "callback", message });
    parent.postMessage(message, this.#origin);
  }

  #send(message: FromBar): void {
    this.#port.postMessage(message);
  }
}
