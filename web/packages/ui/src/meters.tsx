/** Microphone level and network quality. */

import type { ReactNode } from "react";
import { useText } from "./i18n";
import css from "./meters.module.css";

/** @param level 0..1 */
export function LevelMeter({ level }: { level: number }): ReactNode {
  const text = useText();
  return (
    <meter
      className={css.level}
      min={0}
      max={1}
      value={level}
      aria-label={text("level.label")}
      title={text("level.label")}
      data-testid="level-meter"
    />
  );
}

export interface ShownQuality {
  grade: "good" | "fair" | "poor";
  mos: number;
  roundTripMs: number | null;
  jitterMs: number;
  lossPercent: number;
}

const BARS = { good: 4, fair: 3, poor: 1 } as const;

/** Four bars and, for those who want to know, the figures behind them. */
export function QualityBars({
  quality,
  words = false,
}: {
  quality: ShownQuality | null;
  words?: boolean;
}): ReactNode {
  const text = useText();
  const word = text(quality ? `quality.${quality.grade}` : "quality.unknown");
  const detail = quality
    ? text("quality.detail", {
        rtt: quality.roundTripMs === null ? "-" : `${Math.round(quality.roundTripMs)} ms`,
        jitter: Math.round(quality.jitterMs),
        loss: quality.lossPercent.toFixed(1),
        mos: quality.mos.toFixed(1),
      })
    : "";
  const lit = quality ? BARS[quality.grade] : 0;
  return (
    <span
      className={`${css.quality} ${quality ? css[quality.grade] : ""}`}
      title={detail ? `${word}. ${detail}` : word}
      data-testid="quality"
      data-grade={quality?.grade ?? "unknown"}
    >
      <svg width="18" height="16" viewBox="0 0 18 16" aria-hidden="true">
        {[0, 1, 2, 3].map((bar) => (
          <rect
            key={bar}
            x={bar * 4.6}
            y={12 - bar * 4}
            width="3"
            height={4 + bar * 4}
            rx="1"
            className={bar < lit ? css.lit : css.unlit}
          />
        ))}
      </svg>
      {words ? <span>{word}</span> : <span className="sr-only">{word}</span>}
    </span>
  );
}
