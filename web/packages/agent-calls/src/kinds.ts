/** Kinds of calls by the gateway's number (cc-gateway.md 8.1), and whose number is the other party's. */

interface Kind {
  /** 0 inbound, 6 internal, 7 outbound, 40-45 task calls, 51-53 consult and conference; null when unknown. */
  feature: number | null;
}

interface Parties extends Kind {
  caller: string;
  called: string;
}

const OUTBOUND = new Set([7, 40, 41, 43, 44, 45]);
/** Calls with a customer, as opposed to those among agents. */
const CUSTOMER = new Set([0, 7, 41, 43, 44, 45]);
export const CONFERENCE = 53;

const kindOf = ({ feature }: Kind): number => feature ?? -1;

export const isOutbound = (call: Kind): boolean => OUTBOUND.has(kindOf(call));
export const isCustomerCall = (call: Kind): boolean => CUSTOMER.has(kindOf(call));
export const isConsult = (call: Kind): boolean => call.feature === 51 || call.feature === 52;
/** Among agents alone; a consultation is one too. */
export const isInternal = (call: Kind): boolean => call.feature === 6 || isConsult(call);

/** Agents' numbers may carry a leading "a" or "A". */
const bare = (number: string): string => number.replace(/^[aA](?=\d)/, "");

/** The other party's number: the called one of outbound calls and of own internal ones, else the caller. */
export function otherNumber(call: Parties, workno: string): string {
  const isOwn = isOutbound(call) || bare(call.caller) === workno;
  return bare((isOwn ? call.called : call.caller) || call.caller || call.called);
}
