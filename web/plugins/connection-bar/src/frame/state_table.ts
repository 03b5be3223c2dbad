/**
 * Which buttons are on in which state: the table of the vendor's browser page (agent-workbench.md 3.1), as data.
 * Where that page leaves an agent without a way out, the portal's (P) or the desktop client's (D) button is added and
 * named in `differs`.
 */

export const STATE_BUTTONS = [
  "signIn",
  "signOut",
  "enterWork",
  "exitWork",
  "rest",
  "endRest",
  "busy",
  "ready",
] as const;
export const CALL_BUTTONS = [
  "answer",
  "hangUp",
  "hold",
  "retrieve",
  "mute",
  "unmute",
  "transfer",
  "takeBack",
  "consult",
  "threeWay",
  "connectHold",
  "secondDial",
  "callOut",
  "callInner",
] as const;
/** Pictures: between voice and video, and the agent's own picture (the table's "Switch voice to video"). */
export const PICTURE_BUTTONS = ["toVideo", "toVoice", "freeze", "unfreeze"] as const;

export type StateButton = (typeof STATE_BUTTONS)[number];
export type CallButton = (typeof CALL_BUTTONS)[number];
export type PictureButton = (typeof PICTURE_BUTTONS)[number];
export type Button = StateButton | CallButton | PictureButton;

interface Row {
  /** "unchanged": as before the event that led here. */
  state: readonly StateButton[] | "unchanged";
  call: readonly CallButton[] | "unchanged";
  differs?: string;
}

const CUSTOMER = ["hangUp", "hold", "transfer", "secondDial", "consult", "mute"] as const;

export const TABLE = {
  signedOut: { state: ["signIn"], call: [] },
  idle: { state: ["enterWork", "rest", "busy", "signOut"], call: ["callOut", "callInner"] },
  busy: { state: ["ready", "signOut"], call: ["callOut", "callInner"] },
  wrapUp: { state: ["busy", "rest", "exitWork", "signOut"], call: ["callOut", "callInner"] },
  requestedInWrapUp: { state: ["exitWork", "signOut"], call: [] },
  rest: { state: ["endRest", "signOut"], call: [] },
  restRequestedWhileIdle: { state: ["endRest", "signOut"], call: "unchanged" },
  connecting: { state: ["busy", "rest"], call: [] },
  busyRequestedInCall: { state: ["ready"], call: "unchanged" },
  restRequestedInCall: { state: ["endRest"], call: "unchanged" },
  ringing: { state: "unchanged", call: ["answer", "hangUp"] },
  offHook: { state: [], call: ["hangUp"], differs: "P: an outbound call can be given up before it rings" },
  outgoing: { state: "unchanged", call: ["hangUp"] },
  customer: { state: ["busy", "rest"], call: CUSTOMER },
  customerAndHeld: {
    state: ["busy", "rest"],
    call: [...CUSTOMER, "threeWay", "connectHold"],
    differs: "D: connect hold",
  },
  internal: { state: ["busy", "rest"], call: ["hangUp"] },
  consult: { state: ["busy", "rest"], call: ["hangUp"] },
  ownConsult: { state: ["busy", "rest"], call: ["hangUp", "takeBack"], differs: "P: take back" },
  ownConsultAndHeld: {
    state: ["busy", "rest"],
    call: ["hangUp", "takeBack", "threeWay", "connectHold"],
    differs: "P: take back; D: three-way and connect hold on the second leg",
  },
  conference: { state: ["busy", "rest"], call: ["hangUp"] },
  ownConference: { state: ["busy", "rest"], call: ["hangUp", "takeBack"], differs: "P: take back" },
  unknownCall: { state: ["busy", "rest"], call: ["hangUp"] },
  muted: { state: "unchanged", call: ["hangUp", "unmute"] },
  held: { state: [], call: ["retrieve", "callOut", "callInner"] },
  externalTransfer: { state: "unchanged", call: ["hangUp"], differs: "P: hang-up cancels the transfer" },
  externalTransferReady: { state: "unchanged", call: ["hangUp", "takeBack"], differs: "P: take back" },
} as const satisfies Record<string, Row>;

export type RowName = keyof typeof TABLE;

/** Rows that change only the state buttons of another row. */
export type Overlay = "restRequestedWhileIdle" | "busyRequestedInCall" | "restRequestedInCall";

/** During a call what came before is `connecting`: every call begins there. */
const BEFORE: RowName = "connecting";

/** The buttons that are on in a row, under an overlay if there is one. */
export function buttonsOf(name: RowName, overlay: Overlay | null = null): ReadonlySet<Button> {
  const row: Row = TABLE[name];
  const state: Row["state"] = overlay ? TABLE[overlay].state : row.state;
  const before: Row = TABLE[BEFORE];
  return new Set([
    ...(state === "unchanged" ? (before.state as readonly StateButton[]) : state),
    ...(row.call === "unchanged" ? [] : row.call),
  ]);
}

/** Rows in which voice can become video: the agent talks with a customer, no call waits, nothing is muted. */
const SWITCHABLE: ReadonlySet<RowName> = new Set(["customer", "customerAndHeld"]);
const WITH_ONE_PARTY: ReadonlySet<RowName> = new Set([
  ...SWITCHABLE,
  "internal",
  "consult",
  "ownConsult",
  "ownConsultAndHeld",
]);

/** The buttons of pictures that are on in a row; conferences are of voice. */
export function pictureButtonsOf(
  name: RowName,
  { video, frozen }: { video: boolean; frozen: boolean },
): readonly PictureButton[] {
  const change: PictureButton[] = SWITCHABLE.has(name) ? [video ? "toVoice" : "toVideo"] : [];
  return video && WITH_ONE_PARTY.has(name) ? [...change, frozen ? "unfreeze" : "freeze"] : change;
}

/** Buttons that share one place: the one that is on is shown, and the last one shown while both are off. */
export const PAIRS: readonly (readonly [Button, Button])[] = [
  ["signIn", "signOut"],
  ["ready", "busy"],
  ["rest", "endRest"],
  ["enterWork", "exitWork"],
  ["hold", "retrieve"],
  ["mute", "unmute"],
  ["toVideo", "toVoice"],
  ["freeze", "unfreeze"],
];
