/** Who does what at this moment, for as long as a part shows it. */

import type { Board } from "@opencec/api-client";
import { useEffect, useState } from "react";
import { useSession } from "./context";

/** Null until the first picture arrived. */
export function useBoard(): Board | null {
  const session = useSession();
  const [board, setBoard] = useState<Board | null>(null);
  useEffect(() => session.watchBoard(setBoard), [session]);
  return board;
}
