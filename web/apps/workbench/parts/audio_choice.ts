/** Which devices this browser's agent chose; kept over sessions. */

const KEY = "opencec.audio";

/** Null means the default of the computer. */
export interface AudioChoice {
  input: string | null;
  output: string | null;
  /** Where it rings: often a loudspeaker, while the talk is in the headset. */
  ring: string | null;
  camera: string | null;
}

export function readAudioChoice(): AudioChoice {
  const none = { input: null, output: null, ring: null, camera: null };
  try {
    return { ...none, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return none;
  }
}

/** Told when the choice changes, in this tab. */
export const CHANGED = "opencec-audio-choice";

export function keepAudioChoice(choice: AudioChoice): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(choice));
  } catch {
    // The choice then lasts as long as the page.
  }
  dispatchEvent(new CustomEvent<AudioChoice>(CHANGED, { detail: choice }));
}
