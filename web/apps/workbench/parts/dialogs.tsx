/** Which dialog is open: one at a time. */

import { createContext, type ReactNode, useContext, useMemo, useState } from "react";

export type DialogName = "call" | "transfer" | "consult" | "rest" | "dial" | "audio" | "shortcuts";

interface Dialogs {
  shown: DialogName | null;
  open: (name: DialogName) => void;
  close: () => void;
}

const DialogContext = createContext<Dialogs>({ shown: null, open: () => undefined, close: () => undefined });

export function DialogProvider({ children }: { children: ReactNode }): ReactNode {
  const [shown, setShown] = useState<DialogName | null>(null);
  const value = useMemo(() => ({ shown, open: setShown, close: () => setShown(null) }), [shown]);
  return <DialogContext value={value}>{children}</DialogContext>;
}

export const useDialogs = (): Dialogs => useContext(DialogContext);
