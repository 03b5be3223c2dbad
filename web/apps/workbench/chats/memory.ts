/** What outlives a reload of the page: words on their way, drafts, and which chat is open. */

import type { ChatPost } from "@opencec/api-client";

export interface Outgoing {
  contact: string;
  post: ChatPost;
  at: number;
  /** What is shown for a file. */
  name?: string;
  refused?: { code: string; message: string };
}

/** Storage may be full or forbidden: the page goes on, a reload then loses what the server does not have. */
function attempt<Result>(work: () => Result, otherwise: Result): Result {
  try {
    return work();
  } catch {
    return otherwise;
  }
}

export class DeskMemory {
  readonly #name: string;

  constructor(workno: string) {
    this.#name = `opencec.desk.${workno}`;
  }

  outbox(): Outgoing[] {
    const prefix = `${this.#name}.out.`;
    return attempt(() => {
      const names = Object.keys(localStorage).filter((name) => name.startsWith(prefix));
      const found = names.map((name) => JSON.parse(localStorage.getItem(name) ?? "null") as Outgoing | null);
      return found.filter((entry) => entry !== null).sort((a, b) => a.at - b.at);
    }, []);
  }

  keep(entry: Outgoing): void {
    attempt(
      () => localStorage.setItem(`${this.#name}.out.${entry.post.key}`, JSON.stringify(entry)),
      undefined,
    );
  }

  drop(key: string): void {
    attempt(() => localStorage.removeItem(`${this.#name}.out.${key}`), undefined);
  }

  draft(contact: string): string {
    return attempt(() => localStorage.getItem(`${this.#name}.draft.${contact}`) ?? "", "");
  }

  setDraft(contact: string, text: string): void {
    const name = `${this.#name}.draft.${contact}`;
    attempt(() => (text ? localStorage.setItem(name, text) : localStorage.removeItem(name)), undefined);
  }

  note(contact: string): string {
    return attempt(() => localStorage.getItem(`${this.#name}.note.${contact}`) ?? "", "");
  }

  setNote(contact: string, text: string): void {
    const name = `${this.#name}.note.${contact}`;
    attempt(() => (text ? localStorage.setItem(name, text) : localStorage.removeItem(name)), undefined);
  }

  get chosen(): string | null {
    return attempt(() => sessionStorage.getItem(`${this.#name}.chosen`), null);
  }

  set chosen(contact: string | null) {
    const name = `${this.#name}.chosen`;
    attempt(
      () => (contact ? sessionStorage.setItem(name, contact) : sessionStorage.removeItem(name)),
      undefined,
    );
  }
}
