/** The camera: permission, devices. */

import type { AudioDevice } from "./microphone";

export type CameraProblem = "denied" | "missing" | "in_use" | "failed";

/** The browser would not give a camera; `problem` says why in one word. */
export class CameraError extends Error {
  constructor(readonly problem: CameraProblem) {
    super(`camera: ${problem}`);
  }
}

const BY_NAME: Record<string, CameraProblem> = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  DevicesNotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "in_use",
  AbortError: "in_use",
};

/**
 * Opens the camera at what an H.264 level of 3.1 carries.
 *
 * @param deviceId the wished device; when it is gone the default one is taken instead.
 * @throws CameraError
 */
export async function openCamera(deviceId: string | null): Promise<MediaStream> {
  const devices = globalThis.navigator?.mediaDevices;
  if (!devices?.getUserMedia) throw new CameraError("missing");
  const video: MediaTrackConstraints = {
    width: { ideal: 640 },
    height: { ideal: 480 },
    frameRate: { ideal: 25, max: 30 },
    ...(deviceId ? { deviceId: { exact: deviceId } } : {}),
  };
  try {
    return await devices.getUserMedia({ video });
  } catch (error) {
    const name = error instanceof Error ? error.name : "";
    if (name === "OverconstrainedError" && deviceId) return openCamera(null);
    throw new CameraError(BY_NAME[name] ?? "failed");
  }
}

/** Labels are empty until permission was given once. */
export async function cameras(): Promise<AudioDevice[]> {
  const all = (await globalThis.navigator?.mediaDevices?.enumerateDevices?.()) ?? [];
  return all
    .filter(({ kind, deviceId }) => kind === "videoinput" && deviceId !== "")
    .map(({ deviceId, label }) => ({ id: deviceId, label }));
}
