/** The microphone: permission, devices, level. */

import { type DeviceProblem, deviceProblemOf, isDeviceGone } from "./device_problem";

export type MicrophoneProblem = "insecure" | DeviceProblem;

/** The browser would not give a microphone; `problem` says why in one word. */
export class MicrophoneError extends Error {
  constructor(readonly problem: MicrophoneProblem) {
    super(`microphone: ${problem}`);
  }
}

/**
 * Opens the microphone, mono, with echo cancellation.
 *
 * @param deviceId the wished device; when it is gone the default one is taken instead.
 * @throws MicrophoneError
 */
export async function openMicrophone(deviceId?: string | null): Promise<MediaStream> {
  const devices = globalThis.navigator?.mediaDevices;
  if (!globalThis.isSecureContext || !devices?.getUserMedia) throw new MicrophoneError("insecure");
  const audio: MediaTrackConstraints = {
    channelCount: 1,
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    ...(deviceId ? { deviceId: { exact: deviceId } } : {}),
  };
  try {
    return await devices.getUserMedia({ audio, video: false });
  } catch (error) {
    if (isDeviceGone(error) && deviceId) return openMicrophone(null);
    throw new MicrophoneError(deviceProblemOf(error));
  }
}

/** Stops every track, so that the browser's recording mark goes out. */
export function closeStream(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

export interface AudioDevice {
  id: string;
  label: string;
}

/** Microphones and speakers; labels are empty until permission was given once. */
export async function audioDevices(): Promise<{ inputs: AudioDevice[]; outputs: AudioDevice[] }> {
  const all = (await globalThis.navigator?.mediaDevices?.enumerateDevices?.()) ?? [];
  const pick = (kind: MediaDeviceKind) =>
    all
      .filter((device) => device.kind === kind && device.deviceId !== "")
      .map((device) => ({ id: device.deviceId, label: device.label }));
  return { inputs: pick("audioinput"), outputs: pick("audiooutput") };
}

const LEVEL_EVERY_MS = 100;
/** Quieter than this reads as silence; speech close to a headset peaks near -10 dBFS. */
const FLOOR_DB = -60;

/** Maps an RMS of full scale to 0..1 on a decibel scale, as ears hear it. */
export function levelOf(rms: number): number {
  const db = 20 * Math.log10(Math.max(rms, 1e-6));
  return Math.min(1, Math.max(0, (db - FLOOR_DB) / -FLOOR_DB));
}

/** Calls `listener` ten times a second with the stream's level (0..1) until the returned function is called. */
export function watchLevel(stream: MediaStream, listener: (level: number) => void): () => void {
  if (typeof AudioContext === "undefined") return () => undefined;
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    let sum = 0;
    for (const sample of samples) sum += sample * sample;
    listener(levelOf(Math.sqrt(sum / samples.length)));
  }, LEVEL_EVERY_MS);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}
