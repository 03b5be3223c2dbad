/** One-path icons on a 24 grid. */

import { html, svg, type TemplateResult } from "lit";

const PHONE =
  "M6.6 10.8a15 15 0 0 0 6.6 6.6l2.2-2.2a1 1 0 0 1 1-.25 11.4 11.4 0 0 0 3.6.57 1 1 0 0 1 1 1V20a1 1 0 0 1-1 1A17 17 0 0 1 3 4a1 1 0 0 1 1-1h3.5a1 1 0 0 1 1 1 11.4 11.4 0 0 0 .57 3.6 1 1 0 0 1-.25 1z";

const PATHS: Record<string, string> = {
  signIn: "M11 3h8v18h-8v-2h6V5h-6zM9 8l4 4-4 4v-3H3v-2h6z",
  signOut: "M5 3h8v2H7v14h6v2H5zM15 8l4 4-4 4v-3H9v-2h6z",
  enterWork: "M4 3h12l4 4v14H4zm3 6h10V7H7zm0 4h10v-2H7zm0 4h7v-2H7z",
  exitWork: "M4 3h16v18H4zm6 13 7-7-1.4-1.4L10 13.2l-2.6-2.6L6 12z",
  rest: "M5 5h11v2h2a3 3 0 0 1 0 6h-2a5 5 0 0 1-5 4H9a5 5 0 0 1-4-5zm11 4v2h2a1 1 0 0 0 0-2zM4 19h14v2H4z",
  endRest: "M5 5h11v2h2a3 3 0 0 1 0 6h-2a5 5 0 0 1-5 4H9a5 5 0 0 1-4-5zM4 19h14v2H4z",
  busy: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zM7 11h10v2H7z",
  ready: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm-1.5 14.5-4-4L8 11l2.5 2.5L16 8l1.5 1.5z",
  answer: PHONE,
  hangUp:
    "M12 8c-3.3 0-6.4.9-9 2.6-.6.4-.8 1.1-.5 1.8l1.2 2.6c.3.7 1 1 1.7.7l3-1.1c.5-.2.9-.7.9-1.3v-2a13 13 0 0 1 5.4 0v2c0 .6.4 1.1.9 1.3l3 1.1c.7.3 1.4 0 1.7-.7l1.2-2.6c.3-.7.1-1.4-.5-1.8A16.500 16.500 0 0 0 12 8z",
  hold: "M6 5h4v14H6zm8 0h4v14h-4z",
  retrieve: "M7 4v16l13-8z",
  mute: "M12 15a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v6a3 3 0 0 0 3 3zm5-3a5 5 0 0 1-10 0H5a7 7 0 0 0 6 6.9V22h2v-3.1A7 7 0 0 0 19 12z",
  unmute:
    "M4 3 3 4l6 6v2a3 3 0 0 0 4.6 2.500l1.500 1.500A5 5 0 0 1 7 12H5a7 7 0 0 0 6 6.900V22h2v-3.100a7 7 0 0 0 2.600-1l4.400 4.400 1-1zm11 8.200V6a3 3 0 0 0-6-.7z",
  toVideo: "M3 7h12v10H3zM16 11l5-3v8l-5-3z",
  toVoice: PHONE,
  freeze:
    "M3 7h4.200l8 8v2H3zM9.800 7H15v5.200zM16 11l5-3v8l-3-1.800zM4.400 3 3 4.400 19.600 21l1.400-1.400z",
  unfreeze: "M3 7h12v10H3zM16 11l5-3v8l-5-3z",
  transfer: "M14 4l6 6-6 6v-4H8a4 4 0 0 0-4 4v4H2v-4a6 6 0 0 1 6-6h6z",
  takeBack: "M10 4v4h6a6 6 0 0 1 6 6v6h-2v-6a4 4 0 0 0-4-4h-6v4L4 10z",
  consult: "M3 4h18v12H9l-6 5zm8.500 3v2h2V7zm0 3v4h2v-4z",
  threeWay:
    "M12 4a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM6 12a3 3 0 1 1 0 6 3 3 0 0 1 0-6zm12 0a3 3 0 1 1 0 6 3 3 0 0 1 0-6z",
  connectHold:
    "M8 7h3v2H8a3 3 0 0 0 0 6h3v2H8A5 5 0 0 1 8 7zm5 0h3a5 5 0 0 1 0 10h-3v-2h3a3 3 0 0 0 0-6h-3zm-5 4h8v2H8z",
  secondDial: "M4 4h4v4H4zm6 0h4v4h-4zm6 0h4v4h-4zM4 10h4v4H4zm6 0h4v4h-4zm6 0h4v4h-4zm-6 6h4v4h-4z",
  callOut: `${PHONE}M15 3h6v6h-2V6.400l-4.300 4.300-1.400-1.400L17.600 5H15z`,
  callInner:
    "M9 5a3.500 3.500 0 1 1 0 7 3.500 3.500 0 0 1 0-7zm0 8c3 0 7 1.500 7 4v2H2v-2c0-2.500 4-4 7-4zm8-1h-1v-2h1V7h2v3h3v2h-3v3h-2z",
  devices:
    "M3 9h4l5-5v16l-5-5H3zm13.500 3a4.500 4.500 0 0 0-2.500-4v8a4.500 4.500 0 0 0 2.500-4zM14 3.200v2.100a7 7 0 0 1 0 13.400v2.100a9 9 0 0 0 0-17.600z",
};

export const icon = (name: string): TemplateResult =>
  html`<svg viewBox="0 0 24 24" aria-hidden="true">${svg`<path d=${PATHS[name] ?? ""} />`}</svg>`;
