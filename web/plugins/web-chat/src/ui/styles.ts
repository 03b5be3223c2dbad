/** Look of the widget. Pages set the `--opencec-chat-...` properties; the pairs of our own colours meet WCAG AA. */

import { css } from "lit";

/** Colours and place: of the outer element alone. Its parts inherit the properties, in the dark too. */
export const theme = css`
  :host {
    --accent: var(--opencec-chat-accent, #0b7285);
    --on-accent: var(--opencec-chat-on-accent, #ffffff);
    --surface: var(--opencec-chat-surface, #ffffff);
    --surface-2: var(--opencec-chat-surface-2, #eef0f2);
    --text: var(--opencec-chat-text, #1b1f24);
    --muted: var(--opencec-chat-muted, #565e67);
    --line: var(--opencec-chat-line, #d9dde1);
    --danger: var(--opencec-chat-danger, #b42323);
    --notice: var(--opencec-chat-notice, #fff3df);
    --on-notice: var(--opencec-chat-on-notice, #6b3a00);
    --radius: var(--opencec-chat-radius, 12px);
    position: fixed;
    right: var(--opencec-chat-right, 20px);
    bottom: var(--opencec-chat-bottom, 20px);
    z-index: var(--opencec-chat-layer, 2147483000);
    font: 15px/1.45 var(--opencec-chat-font, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei", sans-serif);
    color: var(--text);
    color-scheme: var(--opencec-chat-scheme, light);
  }
  :host([theme="dark"]) {
    --accent: var(--opencec-chat-accent, #4fc3d5);
    --on-accent: var(--opencec-chat-on-accent, #06262b);
    --surface: var(--opencec-chat-surface, #1d2023);
    --surface-2: var(--opencec-chat-surface-2, #2b3035);
    --text: var(--opencec-chat-text, #e8eaed);
    --muted: var(--opencec-chat-muted, #a9b1b9);
    --line: var(--opencec-chat-line, #363b41);
    --danger: var(--opencec-chat-danger, #ff9a9a);
    --notice: var(--opencec-chat-notice, #3a2c14);
    --on-notice: var(--opencec-chat-on-notice, #ffd08a);
    color-scheme: dark;
  }
  @media (prefers-color-scheme: dark) {
    :host([theme="auto"]) {
      --accent: var(--opencec-chat-accent, #4fc3d5);
      --on-accent: var(--opencec-chat-on-accent, #06262b);
      --surface: var(--opencec-chat-surface, #1d2023);
      --surface-2: var(--opencec-chat-surface-2, #2b3035);
      --text: var(--opencec-chat-text, #e8eaed);
      --muted: var(--opencec-chat-muted, #a9b1b9);
      --line: var(--opencec-chat-line, #363b41);
      --danger: var(--opencec-chat-danger, #ff9a9a);
      --notice: var(--opencec-chat-notice, #3a2c14);
      --on-notice: var(--opencec-chat-on-notice, #ffd08a);
      color-scheme: dark;
    }
  }
  @media (max-width: 480px) {
    :host([open]) {
      inset: 0;
    }
  }
`;

/** Shared by the outer element and its parts. */
export const styles = css`
  :host {
    display: block;
  }
  * {
    box-sizing: border-box;
  }
  button,
  input,
  textarea {
    font: inherit;
    color: inherit;
  }
  button {
    border: 1px solid transparent;
    border-radius: 8px;
    background: transparent;
    cursor: pointer;
    padding: 6px 10px;
  }
  button:disabled {
    opacity: 0.5;
    cursor: default;
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }
  svg {
    width: 22px;
    height: 22px;
    fill: currentColor;
    display: block;
  }
  .launch {
    display: flex;
    align-items: center;
    gap: 8px;
    min-height: 52px;
    padding: 0 18px;
    border-radius: 26px;
    background: var(--accent);
    color: var(--on-accent);
    font-weight: 600;
    box-shadow: 0 4px 16px rgb(0 0 0 / 25%);
  }
  .badge {
    min-width: 22px;
    padding: 0 6px;
    border-radius: 11px;
    background: var(--danger);
    color: var(--surface);
    font-size: 13px;
    text-align: center;
  }
  .window {
    display: flex;
    flex-direction: column;
    width: min(380px, calc(100vw - 24px));
    height: min(600px, calc(100vh - 40px));
    background: var(--surface);
    border: 1px solid var(--line);
    border-radius: var(--radius);
    box-shadow: 0 8px 32px rgb(0 0 0 / 25%);
    overflow: hidden;
  }
  header {
    display: flex;
    align-items: center;
    gap: 4px;
    padding: 10px 8px 10px 16px;
    background: var(--accent);
    color: var(--on-accent);
  }
  header h2 {
    flex: 1;
    margin: 0;
    font-size: 16px;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  header :focus-visible {
    outline-color: var(--on-accent);
  }
  .tool {
    min-width: 40px;
    min-height: 40px;
    padding: 8px;
  }
  .bar {
    margin: 0;
    padding: 8px 16px;
    background: var(--notice);
    color: var(--on-notice);
    font-size: 14px;
  }
  .log {
    flex: 1;
    min-height: 0;
    overflow-y: auto;
    overscroll-behavior: contain;
    padding: 12px 16px;
  }
  .log:focus-visible {
    outline-offset: -2px;
  }
  ol {
    list-style: none;
    margin: 0;
    padding: 0;
    display: flex;
    flex-direction: column;
    gap: 8px;
  }
  li {
    max-width: 84%;
    align-self: flex-start;
    content-visibility: auto;
    contain-intrinsic-size: auto 56px;
  }
  li.mine {
    align-self: flex-end;
  }
  li.system {
    align-self: center;
    color: var(--muted);
    font-size: 13px;
    text-align: center;
  }
  .bubble {
    padding: 8px 12px;
    border-radius: var(--radius);
    background: var(--surface-2);
    overflow-wrap: anywhere;
    white-space: pre-wrap;
  }
  .mine .bubble {
    background: var(--accent);
    color: var(--on-accent);
  }
  .system .bubble {
    background: none;
    padding: 0;
  }
  .bubble.media {
    padding: 4px;
    background: var(--surface-2);
    color: var(--text);
  }
  .bubble img {
    display: block;
    max-width: 100%;
    max-height: 220px;
    border-radius: 8px;
  }
  .bubble audio,
  .bubble video {
    display: block;
    width: 240px;
    max-width: 100%;
  }
  .paper {
    display: flex;
    align-items: center;
    gap: 8px;
    text-align: left;
  }
  .meta {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 6px;
    margin: 2px 4px 0;
    font-size: 12px;
    color: var(--muted);
  }
  .mine .meta {
    justify-content: flex-end;
  }
  .meta svg {
    width: 14px;
    height: 14px;
  }
  .meta button {
    padding: 0 4px;
    text-decoration: underline;
  }
  .bad {
    color: var(--danger);
  }
  .hello,
  .typing {
    color: var(--muted);
    font-size: 14px;
    margin: 8px 0 0;
  }
  .uploads {
    padding: 4px 16px;
    font-size: 13px;
  }
  progress {
    width: 100%;
    height: 6px;
    accent-color: var(--accent);
  }
  .write {
    display: flex;
    align-items: flex-end;
    gap: 2px;
    padding: 8px;
    border-top: 1px solid var(--line);
  }
  .write textarea {
    flex: 1;
    min-width: 0;
    min-height: 40px;
    max-height: 120px;
    resize: none;
    padding: 8px;
    border: 1px solid var(--muted);
    border-radius: 8px;
    background: var(--surface);
  }
  .write .tool {
    color: var(--muted);
  }
  .write .send {
    color: var(--accent);
  }
  .emojis {
    display: grid;
    grid-template-columns: repeat(8, 1fr);
    padding: 4px 8px;
    border-top: 1px solid var(--line);
  }
  .emojis button {
    font-size: 20px;
    padding: 4px 0;
    min-height: 36px;
  }
  .panel {
    padding: 12px 16px 16px;
    border-top: 1px solid var(--line);
    overflow-y: auto;
  }
  .panel h3 {
    margin: 0 0 4px;
    font-size: 16px;
  }
  .panel p {
    margin: 0 0 8px;
  }
  .panel label {
    display: block;
    margin-top: 8px;
    font-size: 14px;
  }
  .panel input:not([type="radio"]),
  .panel textarea {
    display: block;
    width: 100%;
    padding: 8px;
    border: 1px solid var(--muted);
    border-radius: 8px;
    background: var(--surface);
  }
  .actions {
    display: flex;
    gap: 8px;
    margin-top: 12px;
  }
  .primary {
    background: var(--accent);
    color: var(--on-accent);
    font-weight: 600;
    min-height: 40px;
  }
  .plain {
    border-color: var(--muted);
    min-height: 40px;
  }
  fieldset {
    border: 0;
    margin: 0;
    padding: 0;
  }
  legend {
    font-weight: 600;
    padding: 0;
  }
  .stars {
    display: flex;
  }
  .stars label {
    margin: 4px 0;
    padding: 4px;
    color: var(--muted);
    cursor: pointer;
  }
  .stars label.on {
    color: var(--accent);
  }
  .stars svg {
    width: 30px;
    height: 30px;
  }
  .stars label:focus-within {
    outline: 2px solid var(--accent);
    border-radius: 8px;
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .dropping {
    outline: 3px dashed var(--accent);
    outline-offset: -8px;
  }
  @media (max-width: 480px) {
    .window {
      width: 100vw;
      height: 100vh;
      height: 100dvh;
      border: 0;
      border-radius: 0;
    }
  }
  @media (prefers-reduced-motion: no-preference) {
    .window {
      animation: rise 0.15s ease-out;
    }
    @keyframes rise {
      from {
        transform: translateY(12px);
        opacity: 0;
      }
    }
  }
`;
