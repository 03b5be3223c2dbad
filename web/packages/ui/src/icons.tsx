/** Line icons on a 24 px grid, drawn for this product. They are decoration: the words stand beside them. */

import type { ReactNode } from "react";

const PATHS = {
  phone: "M6 3h3l2 5-2.5 1.8a12 12 0 0 0 5.7 5.7L16 13l5 2v3a3 3 0 0 1-3 3A15 15 0 0 1 3 6a3 3 0 0 1 3-3z",
  phoneDown: "M3 15v-2c5-5 13-5 18 0v2l-4 1.5-2-3a12 12 0 0 0-6 0l-2 3z",
  phoneIn:
    "M6 3h3l2 5-2.5 1.8a12 12 0 0 0 5.7 5.7L16 13l5 2v3a3 3 0 0 1-3 3A15 15 0 0 1 3 6a3 3 0 0 1 3-3z M21 3l-6 6 M15 4v5h5",
  phoneOut:
    "M6 3h3l2 5-2.5 1.8a12 12 0 0 0 5.7 5.7L16 13l5 2v3a3 3 0 0 1-3 3A15 15 0 0 1 3 6a3 3 0 0 1 3-3z M15 9l6-6 M16 3h5v5",
  missed: "M4 4l8 7 8-7 M14 4h6v6 M3 18v-1c5-4.5 13-4.5 18 0v1l-3.5 1.5-2-2.5a12 12 0 0 0-7 0l-2 2.5z",
  pause: "M8 5v14 M16 5v14",
  play: "M7 4l12 8-12 8z",
  mic: "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3z M5 11a7 7 0 0 0 14 0 M12 18v3",
  micOff:
    "M9 5a3 3 0 0 1 6 1v5 M9 9v2a3 3 0 0 0 4.5 2.6 M5 11a7 7 0 0 0 11.5 5.3 M19 11a7 7 0 0 1-.5 2.6 M12 18v3 M3 3l18 18",
  video: "M3 7h12v10H3z M15 11l6-4v10l-6-4",
  videoOff: "M6 7H3v10h12v-2 M10 7h5v5l6-5v10l-3-2 M3 3l18 18",
  transfer: "M4 8h14 M14 4l4 4-4 4 M20 16H6 M10 12l-4 4 4 4",
  keypad:
    "M6 5h.01 M12 5h.01 M18 5h.01 M6 11h.01 M12 11h.01 M18 11h.01 M6 17h.01 M12 17h.01 M18 17h.01 M12 21h.01",
  merge: "M12 21v-8 M12 13C12 8 5 9 5 3 M12 13c0-5 7-4 7-10 M2 6l3-3 3 3 M16 6l3-3 3 3",
  undo: "M9 7L4 12l5 5 M4 12h10a6 6 0 0 1 6 6v1",
  join: "M4 12h16 M8 8l-4 4 4 4 M16 8l4 4-4 4",
  ear: "M7 9a5 5 0 0 1 10 0c0 4-4 5-4 8a3 3 0 0 1-6 0 M10 9a2 2 0 0 1 4 0c0 1.5-1.5 2-2 3",
  attach: "M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.4 3.4 0 0 1 4.8 4.8L9.4 17.2a1.7 1.7 0 0 1-2.4-2.4L14.5 7.3",
  external: "M14 4h6v6 M20 4l-9 9 M18 14v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1h5",
  user: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8z M4 21a8 8 0 0 1 16 0",
  users:
    "M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z M2.5 20a6.5 6.5 0 0 1 13 0 M16 5.3a3.5 3.5 0 0 1 0 6.4 M18 14.2a6.5 6.5 0 0 1 3.5 5.8",
  queue: "M4 6h16 M4 12h16 M4 18h10",
  globe: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z M3 12h18 M12 3c5 5 5 13 0 18 M12 3c-5 5-5 13 0 18",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z M12 2v2 M12 20v2 M2 12h2 M20 12h2 M5 5l1.4 1.4 M17.6 17.6L19 19 M5 19l1.4-1.4 M17.6 6.4L19 5",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
  cup: "M4 9h12v6a5 5 0 0 1-5 5H9a5 5 0 0 1-5-5z M16 10h2a2.5 2.5 0 0 1 0 5h-2 M8 3v2 M12 3v2",
  clip: "M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.500 3.500 0 0 1 5 5l-8.500 8.500a2 2 0 0 1-3-3L14 7",
  check: "M5 12.5l4.5 4.5L19 7.5",
  close: "M6 6l12 12 M18 6L6 18",
  alert: "M12 4l9 16H3z M12 10v4 M12 17h.01",
  info: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z M12 11v5 M12 8h.01",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z M12 7v5l3 2",
  help: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z M9.5 9.5a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8 M12 16.8h.01",
  minus: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z M8 12h8",
  note: "M6 3h9l4 4v14H6z M14 3v5h5 M9 13h7 M9 17h5",
  signOut: "M10 4H5v16h5 M14 8l4 4-4 4 M18 12H9",
  headset:
    "M4 14v-2a8 8 0 0 1 16 0v2 M4 14h3v5H5a1 1 0 0 1-1-1z M20 14h-3v5h2a1 1 0 0 0 1-1z M19 19a4 4 0 0 1-4 2.5h-2",
  signal: "M4 20v-4 M10 20v-8 M16 20V8 M21 20V4",
  chevron: "M6 9l6 6 6-6",
  backspace: "M9 5h12v14H9l-6-7z M12.5 9.5l5 5 M17.5 9.5l-5 5",
  book: "M5 4h6a2 2 0 0 1 2 2v14a2 2 0 0 0-2-2H5z M13 6a2 2 0 0 1 2-2h4v14h-4a2 2 0 0 0-2 2",
  server: "M4 4h16v6H4z M4 14h16v6H4z M8 7h.01 M8 17h.01",
} as const;

export type IconName = keyof typeof PATHS;

/** @param size pixels */
export function Icon({ name, size = 18 }: { name: IconName; size?: number }): ReactNode {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill={name === "play" ? "currentColor" : "none"}
      stroke="currentColor"
      strokeWidth={name === "keypad" ? 3 : 1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
