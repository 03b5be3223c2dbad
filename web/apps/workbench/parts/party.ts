/** How the other side of a call is named. */

import { useWords } from "./context";

/** Browsers that call get an account of their own for each call; its number says nothing to a person. */
const WEB_CALLER = /^web-([a-z0-9]{4})[a-z0-9]*$/;

/** The name to show for a number; the number itself stays in the details. */
export function usePartyName(): (number: string, options?: { internal?: boolean }) => string {
  const text = useWords();
  return (number, { internal = false } = {}) => {
    const short = WEB_CALLER.exec(number)?.[1];
    if (short) return text("card.web", { id: short.toUpperCase() });
    if (!number) return text("card.unknown");
    return internal ? text("card.colleague", { number }) : number;
  };
}
