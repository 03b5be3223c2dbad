/** The camera: permission, devices. */

import { type DeviceProblem, deviceProblemOf, isDeviceGone } from "./device_problem";
import type { AudioDevice } from "./microphone";

export type CameraProblem = DeviceProblem;

/** The browser would not give a camera; `problem` says why in one word. */
export class CameraError extends Error {
  constructor(readonly problem: CameraProblem) {
    super(`camera: ${problem}`);
  }
}

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
    if (isDeviceGone(error) && deviceId) return openCamera(null);
    throw new CameraError(deviceProblemOf(error));
  }
}

/** Labels are empty until permission was given once. */
export async function cameras(): Promise<AudioDevice[]> {
  const all = (await globalThis.navigator?.mediaDevices?.enumerateDevices?.()) ?? [];
  return all
    .filter(({ kind, deviceId }) => kind === "videoinput" && deviceId !== "")
    .map(({ deviceId, label }) => ({ id: deviceId, label }));
}
