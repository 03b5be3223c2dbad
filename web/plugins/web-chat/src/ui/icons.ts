/** One-path icons on a 24 grid. */

import { html, svg, type TemplateResult } from "lit";

const PATHS = {
  chat: "M4 3h16a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H9l-5 4v-4a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zm3 5v2h10V8zm0 4v2h7v-2z",
  down: "M6.400 8.600 12 14.200l5.600-5.600L19 10l-7 7-7-7z",
  send: "M3 20V14l8-2-8-2V4l19 8z",
  file: "M16.500 6v11a4.500 4.500 0 0 1-9 0V5a3 3 0 0 1 6 0v10.500a1.500 1.500 0 0 1-3 0V6H12V5a1.500 1.500 0 0 0-3 0v12a3 3 0 0 0 6 0V6z",
  smile:
    "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm0 2a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM8.500 8a1.500 1.500 0 1 0 0 3 1.500 1.500 0 0 0 0-3zm7 0a1.500 1.500 0 1 0 0 3 1.500 1.500 0 0 0 0-3zM7 13.500a5.200 5.200 0 0 0 10 0z",
  star: "m12 2 3.100 6.300 6.900 1-5 4.900 1.200 6.900L12 17.800l-6.200 3.300L7 14.200 2 9.300l6.900-1z",
  document: "M6 2h8l5 5v15H6zm7 1.500V8h4.500z",
  waiting:
    "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm0 2a8 8 0 1 1 0 16 8 8 0 0 1 0-16zm-1 3v6l4.500 2.700 1-1.600-3.500-2.100V7z",
  sent: "M9.500 16.200 5.300 12l-1.400 1.400 5.600 5.600L20.500 8l-1.400-1.400z",
  end: "M5 3h10v2H7v14h8v2H5zm11 4 5 5-5 5v-4h-6v-2h6z",
} as const;

export type IconName = keyof typeof PATHS;

export const icon = (name: IconName): TemplateResult =>
  html`<svg viewBox="0 0 24 24" aria-hidden="true">${svg`<path d=${PATHS[name]} />`}</svg>`;
