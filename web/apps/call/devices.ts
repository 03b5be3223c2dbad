/** Which microphone and speaker this browser's caller chose; kept for the next call. */

const KEY = "opencec.call.devices";

/** Null means the default of the computer. */
export interface DeviceChoice {
  input: string | null;
  output: string | null;
}

const NONE: DeviceChoice = { input: null, output: null };

export function readDevices(): DeviceChoice {
  try {
    return { ...NONE, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return NONE;
  }
}

export function keepDevices(choice: DeviceChoice): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(choice));
  } catch {
    // The choice then lasts as long as the page.
  }
}
