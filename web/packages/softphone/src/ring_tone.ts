/** The sound of a waiting call. */

/** From one ring to the next. */
export const RING_PERIOD_MS = 3_000;

const ON_S = 1;
/** Two soft tones a third apart: heard through a headset, not painful after eight hours. */
const TONES_HZ = [440, 554];
const VOLUME = 0.12;

/** Rings once; a context that may not sound (nobody has clicked yet) stays silent. */
export function ringOnce(context: AudioContext | null): void {
  if (context?.state !== "running") return;
  const start = context.currentTime;
  const gain = context.createGain();
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(VOLUME, start + 0.05);
  gain.gain.setValueAtTime(VOLUME, start + ON_S - 0.1);
  gain.gain.linearRampToValueAtTime(0, start + ON_S);
  gain.connect(context.destination);
  for (const frequency of TONES_HZ) {
    const oscillator = context.createOscillator();
    oscillator.frequency.value = frequency;
    oscillator.connect(gain);
    oscillator.start(start);
    oscillator.stop(start + ON_S);
  }
}
