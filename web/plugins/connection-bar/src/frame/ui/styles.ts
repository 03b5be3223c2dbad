/** Colours as on our other pages (web/packages/ui); text pairs meet WCAG AA. */

import { css } from "lit";

export const styles = css`
  :host {
    --surface: #ffffff;
    --surface-2: #eef0f2;
    --line: #d9dde1;
    --text: #1b1f24;
    --muted: #565e67;
    --accent: #0b7285;
    --danger: #b42323;
    --danger-soft: #fdecec;
    --idle: #236b34;
    --busy: #a63c06;
    --rest: #47596e;
    --wrapUp: #4338b5;
    --inCall: #1558b0;
    --signedOut: #565e67;
    display: block;
    font: 13px/1.3 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei", sans-serif;
    color: var(--text);
    background: var(--surface);
    border-bottom: 1px solid var(--line);
  }
  @media (prefers-color-scheme: dark) {
    :host {
      --surface: #1d2023;
      --surface-2: #2b3035;
      --line: #363b41;
      --text: #e8eaed;
      --muted: #a9b1b9;
      --accent: #56c2d6;
      --danger: #ff9a9a;
      --danger-soft: #43201f;
      --idle: #7fd394;
      --busy: #ffa878;
      --rest: #b3c3d6;
      --wrapUp: #b7b0ff;
      --inCall: #8fbcff;
      --signedOut: #a9b1b9;
    }
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 12px;
    padding: 4px 8px;
    min-height: 47px;
  }
  .group {
    display: flex;
    flex-wrap: wrap;
    gap: 2px;
  }
  .info {
    min-width: 96px;
    font-variant-numeric: tabular-nums;
  }
  .info b {
    display: block;
    font-weight: 600;
  }
  .info small,
  .note {
    color: var(--muted);
    font-size: 12px;
  }
  .state {
    border-left: 4px solid currentColor;
    padding-left: 8px;
  }
  .state.idle {
    color: var(--idle);
  }
  .state.busy {
    color: var(--busy);
  }
  .state.rest {
    color: var(--rest);
  }
  .state.wrapUp {
    color: var(--wrapUp);
  }
  .state.inCall {
    color: var(--inCall);
  }
  .state.signedOut {
    color: var(--signedOut);
  }
  .state small {
    color: var(--muted);
  }
  .end {
    margin-left: auto;
    display: flex;
    align-items: center;
    gap: 8px;
  }
  button,
  input,
  select {
    font: inherit;
    color: inherit;
  }
  button {
    border: 1px solid transparent;
    border-radius: 8px;
    background: transparent;
    cursor: pointer;
  }
  .tool {
    display: grid;
    justify-items: center;
    min-width: 54px;
    padding: 3px 4px;
    font-size: 12px;
  }
  .tool:not(:disabled):hover {
    background: var(--surface-2);
  }
  .tool:disabled {
    cursor: default;
    opacity: 0.45;
  }
  .tool[aria-pressed="true"],
  .tool[aria-expanded="true"] {
    background: var(--surface-2);
  }
  .tool svg {
    width: 20px;
    height: 20px;
    fill: currentColor;
  }
  .answer:not(:disabled) {
    color: var(--idle);
  }
  .hangUp:not(:disabled) {
    color: var(--danger);
  }
  .ringing .answer {
    border-color: currentColor;
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 1px;
  }
  .line {
    display: flex;
    gap: 8px;
    align-items: center;
    padding: 6px 12px;
    background: var(--danger-soft);
    color: var(--danger);
  }
  .line button {
    margin-left: auto;
    border-color: currentColor;
    padding: 2px 8px;
  }
  .panel {
    display: flex;
    flex-wrap: wrap;
    gap: 8px 16px;
    align-items: end;
    padding: 8px 12px;
    border-top: 1px solid var(--line);
    background: var(--surface);
  }
  .panel h2 {
    flex-basis: 100%;
    margin: 0;
    font-size: 14px;
  }
  .panel label {
    display: grid;
    gap: 2px;
    color: var(--muted);
    font-size: 12px;
  }
  .panel input,
  .panel select {
    min-height: 30px;
    min-width: 150px;
    padding: 2px 8px;
    font-size: 13px;
    color: var(--text);
    background: var(--surface);
    border: 1px solid var(--muted);
    border-radius: 6px;
  }
  .panel .do {
    min-height: 32px;
    padding: 2px 14px;
    background: var(--accent);
    color: var(--surface);
    font-weight: 600;
  }
  .panel .plain {
    min-height: 32px;
    padding: 2px 12px;
    border-color: var(--muted);
  }
  .list {
    flex-basis: 100%;
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
    max-height: 132px;
    overflow: auto;
    margin: 0;
    padding: 2px;
    list-style: none;
  }
  .keys {
    display: grid;
    grid-template-columns: repeat(12, 36px);
    gap: 4px;
  }
  .stage {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    align-items: flex-start;
    padding: 8px 12px;
    border-top: 1px solid var(--line);
    background: var(--surface);
  }
  .stage .far,
  .stage .near {
    display: grid;
    place-items: center;
    overflow: hidden;
    background: #000;
    color: #fff;
    border-radius: 8px;
    aspect-ratio: 4 / 3;
  }
  .stage .far {
    width: min(320px, 100%);
    height: 240px;
  }
  .stage .near {
    width: 120px;
    height: 90px;
    font-size: 12px;
    text-align: center;
  }
  .stage video {
    width: 100%;
    height: 100%;
    object-fit: contain;
  }
  .stage .near video {
    transform: scaleX(-1);
  }
  .stage [hidden] {
    display: none;
  }
  .stage .plain {
    min-height: 32px;
    padding: 2px 12px;
    border-color: var(--muted);
  }
  .wrong {
    color: var(--danger);
  }
  @media (max-width: 520px) {
    .keys {
      grid-template-columns: repeat(3, 48px);
    }
  }
`;
