/** Digits into a running call, for menus at the far end. */

import { Modal } from "@mantine/core";
import { Keypad } from "@opencec/ui";
import { type ReactNode, useCallback, useRef, useState } from "react";
import { useAvailability, useSession, useWords } from "./context";
import { useDialogs } from "./dialogs";
import css from "./dialogs.module.css";

/** The gateway takes this many digits at once. */
const LONGEST = 24;

function DialPad(): ReactNode {
  const text = useWords();
  const session = useSession();
  const { enabled, busy, reason } = useAvailability()("dial");
  const [sent, setSent] = useState("");
  const queue = useRef("");
  // Keys pressed while a request is under way go out together with the next one.
  const press = useCallback(
    async (key: string) => {
      setSent((before) => (before + key).slice(-20));
      queue.current += key;
      if (session.view().pending.has("dial")) return;
      while (queue.current) {
        const digits = queue.current.slice(0, LONGEST);
        queue.current = queue.current.slice(LONGEST);
        if (!(await session.dial(digits))) queue.current = "";
      }
    },
    [session],
  );
  return (
    <div className={css.form}>
      <output className={css.sent} aria-label={text("dial.sent")} data-testid="dial-sent">
        {sent}
      </output>
      <Keypad keyboard onKey={(key) => void press(key)} />
      {enabled || busy ? null : <p className={css.problem}>{reason}</p>}
    </div>
  );
}

export function DialDialog(): ReactNode {
  const text = useWords();
  const { shown, close } = useDialogs();
  return (
    <Modal
      opened={shown === "dial"}
      onClose={close}
      title={text("dial.heading")}
      size="xs"
      closeButtonProps={{ "aria-label": text("common.close") }}
    >
      <DialPad />
    </Modal>
  );
}
