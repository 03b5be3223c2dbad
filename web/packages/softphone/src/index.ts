/** A browser softphone around JsSIP, without any framework. */
export { CameraError, type CameraProblem, cameras, openCamera } from "./camera";
export { Emitter } from "./emitter";
export { type CallFailure, failureOf, failureOfReason } from "./failure";
export {
  type AudioDevice,
  audioDevices,
  closeStream,
  levelOf,
  MicrophoneError,
  type MicrophoneProblem,
  openMicrophone,
  watchLevel,
} from "./microphone";
export { type CallEnd, type PhoneAccount, type PhoneCall, type PhoneState, Softphone } from "./phone";
export { NO_PICTURES, type Pictures } from "./pictures";
export { estimateMos, gradeOf, type Quality, type QualityGrade, readQuality } from "./quality";
export { RING_PERIOD_MS, ringOnce } from "./ring_tone";
export { retryDelay } from "./socket";
export { type ClaimOptions, claimTab, type TabLock } from "./tab_lock";
export {
  TEST_SECONDS,
  TestCall,
  type TestPhone,
  type TestReport,
  type TestVerdict,
  verdictOf,
} from "./test_call";
