/** Network quality of a call from WebRTC statistics. */

export type QualityGrade = "good" | "fair" | "poor";

export interface Quality {
  grade: QualityGrade;
  /** Estimated mean opinion score, 1..4.4 (G.711, ITU-T G.107 simplified). */
  mos: number;
  /** Milliseconds; null until the first RTCP report. */
  roundTripMs: number | null;
  jitterMs: number;
  /** Lost packets of the last interval, percent. */
  lossPercent: number;
}

/** Running totals of one reading, so that the next one can tell what is new. */
export interface Totals {
  received: number;
  lost: number;
}

const JITTER_BUFFER_MS = 40;

/**
 * Estimates the score of a G.711 call (ITU-T G.107 with the delay and loss terms only).
 *
 * @param oneWayMs mouth to ear delay without the jitter buffer
 * @param lossPercent 0..100
 */
export function estimateMos(oneWayMs: number, jitterMs: number, lossPercent: number): number {
  const delay = oneWayMs + JITTER_BUFFER_MS + 2 * jitterMs;
  const delayFactor = 0.024 * delay + (delay > 177.3 ? 0.11 * (delay - 177.3) : 0);
  // G.711 with concealment: Ie 0, Bpl 25.1 (ITU-T G.113 appendix I).
  const lossFactor = 95 * (lossPercent / (lossPercent + 25.1));
  const r = Math.max(0, 93.2 - delayFactor - lossFactor);
  const mos = 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r);
  return Math.min(4.4, Math.max(1, mos));
}

/** Puts a score into one of three words. */
export function gradeOf(mos: number): QualityGrade {
  if (mos >= 4) return "good";
  return mos >= 3.4 ? "fair" : "poor";
}

interface InboundAudio {
  packetsReceived?: number;
  packetsLost?: number;
  jitter?: number;
}

interface Stat extends InboundAudio {
  type: string;
  kind?: string;
  nominated?: boolean;
  currentRoundTripTime?: number;
}

/** Reads the statistics of a connection; null while no audio has arrived. */
export function readQuality(
  report: ReadonlyMap<string, unknown>,
  before: Totals | null,
): { quality: Quality; totals: Totals } | null {
  const stats = [...report.values()] as Stat[];
  const inbound = stats.find((stat) => stat.type === "inbound-rtp" && stat.kind === "audio");
  if (!inbound?.packetsReceived) return null;
  const pair = stats.find((stat) => stat.type === "candidate-pair" && stat.nominated);
  const roundTrip = pair?.currentRoundTripTime ?? null;
  const totals = { received: inbound.packetsReceived, lost: Math.max(0, inbound.packetsLost ?? 0) };
  const received = totals.received - (before?.received ?? 0);
  const lost = Math.max(0, totals.lost - (before?.lost ?? 0));
  const lossPercent = received + lost > 0 ? (100 * lost) / (received + lost) : 0;
  const jitterMs = (inbound.jitter ?? 0) * 1000;
  const mos = estimateMos((roundTrip ?? 0) * 500, jitterMs, lossPercent);
  const roundTripMs = roundTrip === null ? null : roundTrip * 1000;
  return { quality: { grade: gradeOf(mos), mos, roundTripMs, jitterMs, lossPercent }, totals };
}
