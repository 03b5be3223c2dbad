/** A telephone keypad that also listens to the keyboard. */

import { type ReactNode, useEffect } from "react";
import { useText } from "./i18n";
import css from "./keypad.module.css";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"] as const;
const LETTERS: Record<string, string> = {
  "2": "ABC",
  "3": "DEF",
  "4": "GHI",
  "5": "JKL",
  "6": "MNO",
  "7": "PQRS",
  "8": "TUV",
  "9": "WXYZ",
  "0": "+",
};

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

interface KeypadProps {
  onKey: (key: string) => void;
  /** Take digits from the keyboard too, unless the focus is in a field. */
  keyboard?: boolean;
}

export function Keypad({ onKey, keyboard = false }: KeypadProps): ReactNode {
  const text = useText();
  useEffect(() => {
    if (!keyboard) return;
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || typing(event.target)) return;
      if (!(KEYS as readonly string[]).includes(event.key)) return;
      event.preventDefault();
      onKey(event.key);
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, [keyboard, onKey]);
  return (
    <fieldset className={css.pad} aria-label={text("keypad.label")} data-testid="keypad">
      {KEYS.map((key) => (
        <button
          type="button"
          key={key}
          className={css.key}
          onClick={() => onKey(key)}
          data-testid={`key-${key === "*" ? "star" : key === "#" ? "hash" : key}`}
        >
          <span className={css.digit}>{key}</span>
          <span className={css.letters} aria-hidden="true">
            {LETTERS[key] ?? "\u00a0"}
          </span>
        </button>
      ))}
    </fieldset>
  );
}
