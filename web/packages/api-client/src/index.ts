/** Typed clients of the server's interfaces, without any framework. */
export {
  type AgentAccount,
  agentAccount,
  type Caller,
  newCaller,
  type ServerInfo,
  type SipAccount,
  serverInfo,
  sipSocketUrl,
} from "./console";
export {
  ALREADY_SIGNED_IN,
  ApiError,
  GatewayError,
  NOT_AUTHENTICATED,
  ServerLostError,
  SIGNED_OUT,
} from "./errors";
export { EventLoop, type EventLoopOptions, fingerprint, type LoopEnd } from "./event_loop";
export { GATEWAY_PATH, GatewayClient, type GatewayOptions } from "./gateway";
export {
  type AgentObject,
  type AgentStatus,
  type CallContent,
  type CallInfo,
  callContent,
  type DeviceType,
  type Envelope,
  type SignInOptions,
  type SignInResult,
  type SkillQueue,
} from "./wire";
