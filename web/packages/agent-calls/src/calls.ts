/** The calls of one agent as a list: the newest first, held ones beside the one that is heard. */

import { callContent, type Envelope } from "@opencec/api-client";

interface Listed {
  callid: string;
  phase: string;
}

interface WithCalls<C extends Listed> {
  calls: C[];
}

/** The call that the agent hears now, rings or dials. */
export const activeCall = <C extends Listed>({ calls }: WithCalls<C>): C | null =>
  calls.find(({ phase }) => phase !== "held") ?? null;

export const heldCalls = <C extends Listed>({ calls }: WithCalls<C>): C[] =>
  calls.filter(({ phase }) => phase === "held");

/** A call talks or is held: what the agent asks for now takes effect after it. */
export const isInTalk = ({ calls }: WithCalls<Listed>): boolean =>
  calls.some(({ phase }) => phase === "talking" || phase === "held");

export const callOf = <C extends Listed>({ calls }: WithCalls<C>, callid: string): C | undefined =>
  calls.find((call) => call.callid === callid);

/** Changes the call of this id, or takes it in as `fresh` makes it. */
export function withCall<C extends Listed, M extends WithCalls<C>>(
  model: M,
  callid: string,
  change: Partial<C>,
  fresh: () => C,
): M {
  const known = callOf(model, callid);
  const calls = known
    ? model.calls.map((call) => (call === known ? { ...call, ...change } : call))
    : [{ ...fresh(), ...change }, ...model.calls];
  return { ...model, calls };
}

/** What an event says of the parties; empty fields must not erase what is known. */
export function partiesOf(event: Envelope): { caller?: string; called?: string; feature?: number } {
  const { caller, called, feature } = callContent(event);
  return {
    ...(caller ? { caller } : {}),
    ...(called ? { called } : {}),
    ...(feature ? { feature: Number(feature) } : {}),
  };
}
