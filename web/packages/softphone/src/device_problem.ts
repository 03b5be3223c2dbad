/** Why a browser would not give a microphone or a camera, in one word. */

export type DeviceProblem = "denied" | "missing" | "in_use" | "failed";

const BY_NAME: Record<string, DeviceProblem> = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  DevicesNotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "in_use",
  AbortError: "in_use",
};

/** What an error of `getUserMedia` means. */
export function deviceProblemOf(error: unknown): DeviceProblem {
  return BY_NAME[error instanceof Error ? error.name : ""] ?? "failed";
}

/** The wished device is gone: the default one may do. */
export function isDeviceGone(error: unknown): boolean {
  return error instanceof Error && error.name === "OverconstrainedError";
}
