/** A clock for timers on screen. */
import { useEffect, useState } from "react";

/** `now()` as of the last full second, rendered again every second while `running`. */
export function useNow(now: () => number = Date.now, running = true): number {
  const [value, setValue] = useState(now);
  useEffect(() => {
    if (!running) return;
    setValue(now());
    const timer = setInterval(() => setValue(now()), 1000);
    return () => clearInterval(timer);
  }, [now, running]);
  return value;
}
