/** Typed clients of the server's interfaces, without any framework. */
export {
  type ChatFile,
  type ChatFrame,
  type ChatMedia,
  type ChatMessage,
  type ChatPost,
  ChatsClient,
  type ChatTransfer,
  type DeskChat,
  type DeskChats,
  type HistoryPage,
  type HistoryRow,
  type Phrase,
} from "./chats";
export {
  type AgentAccount,
  agentAccount,
  type Caller,
  type CallReason,
  newCaller,
  type ScreenPop,
  type ServerInfo,
  type SipAccount,
  serverInfo,
  sipSocketUrl,
} from "./console";
export {
  type Board,
  type BoardAgent,
  type BoardCall,
  type BoardFrame,
  type BoardQueue,
  type ContactPage,
  DeskClient,
  type DeskContact,
  EMPTY_BOARD,
  fold,
  type Moment,
  type PathStep,
} from "./desk";
export {
  ALREADY_SIGNED_IN,
  ApiError,
  GatewayError,
  NOT_AUTHENTICATED,
  ServerLostError,
  SIGNED_OUT,
} from "./errors";
export { EventLoop, type EventLoopOptions, fingerprint, type LoopEnd } from "./event_loop";
export { GATEWAY_PATH, GatewayClient, type GatewayOptions, type Method } from "./gateway";
export { Inspection, type InspectionMode } from "./inspection";
export {
  type AgentObject,
  type AgentStatus,
  type CallContent,
  type CallInfo,
  callContent,
  type DeviceType,
  type Envelope,
  type Ivr,
  type SignInOptions,
  type SignInResult,
  type SkillQueue,
  TRANSFER_MODES,
  type TransferKind,
} from "./wire";
