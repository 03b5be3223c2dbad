/** One tab holds a phone: a Web Lock that lives as long as the page does. */

export interface TabLock {
  release(): void;
}

export interface ClaimOptions {
  /** How long a page that is just being closed (a reload) may still hold it, in milliseconds. */
  waitMs: number;
  /** Take it from the tab that has it. */
  steal?: boolean;
  /** Another tab took it. */
  onStolen?: () => void;
}

/** Claims `name`; null when another tab keeps it. Without Web Locks (insecure address) everybody gets it. */
export function claimTab(
  name: string,
  { waitMs, steal = false, onStolen }: ClaimOptions,
): Promise<TabLock | null> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return Promise.resolve({ release: () => undefined });
  return new Promise((resolve) => {
    let held = false;
    const hold = () =>
      new Promise<void>((release) => {
        held = true;
        resolve({
          release: () => {
            held = false;
            release();
          },
        });
      });
    const options: LockOptions = steal ? { steal: true } : { signal: AbortSignal.timeout(waitMs) };
    locks.request(name, options, hold).catch(() => {
      // Rejected either because the wait was over, or, once held, because another tab stole the lock.
      if (held) onStolen?.();
      else resolve(null);
    });
  });
}
