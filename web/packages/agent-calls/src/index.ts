/** What every page knows of an agent's calls: kinds, parties, the list. Shared by workbench and connection bar. */

export { activeCall, callOf, heldCalls, isInTalk, partiesOf, withCall } from "./calls";
export { CONFERENCE, isConsult, isCustomerCall, isInternal, isOutbound, otherNumber } from "./kinds";
