/** What goes over the wire between a customer's page and the server: `/chat/v1/...` (docs/how-to/web-chat.md). */

export type MediaType = "TEXT" | "IMAGE" | "AUDIO" | "VIDEO" | "DOCUMENT";
export type Source = "customer" | "agent" | "robot" | "system";
export type ChatState = "none" | "queued" | "talking" | "offline" | "ended";

export interface ChatFile {
  id: string;
  name: string;
  /** Bytes. */
  size: number;
  type: string;
  /** There is a small picture of it (`?thumbnail=1`). */
  thumbnail?: boolean | string | null;
}

export interface ChatMessage {
  /** Ascending over the tenant: the cursor of every reader. */
  number: number;
  messageCode: string;
  /** Milliseconds UTC. */
  at: number;
  source: Source;
  senderName: string;
  mediaType: MediaType;
  content: string;
  file?: ChatFile | null;
  /** The sender's idempotency key; only in frames to the sender. */
  key?: string | null;
}

export interface ChatStatus {
  state: ChatState;
  contact?: string | null;
  /** In the queue, from 1. */
  position?: number | null;
  /** Estimated seconds until an agent comes. */
  waitS?: number | null;
  agentName?: string | null;
  /** Why it ended, or why there is none: `agent`, `customer`, `timeout`, `no_agent`, `off_hours` ... */
  reason?: string | null;
}

export interface ChannelInfo {
  name: string;
  isOpen: boolean;
  hasSurvey: boolean;
  isAsync: boolean;
  maxUploadBytes: number;
}

/** `POST /chat/v1/sessions`. */
export interface Session {
  token: string;
  userId: string;
  /** Seconds. */
  expiresIn: number;
  channel: ChannelInfo;
}

/** Who the customer is; a guest names nothing but the channel. The rest are the documented proofs of an enterprise. */
export interface SessionRequest {
  channel: string;
  locale: string;
  userId?: string;
  userName?: string;
  thirdUserToken?: string;
  tenantSpaceId?: string;
  timestamp?: string | number;
  thirdPartAuthorization?: string;
}

export interface Rating {
  /** 1 to 5. */
  score: number;
  comment: string;
}

/** Frames that change something carry a key: sent again after a lost connection, they count once. */
export type KeyedFrame =
  | { type: "connect"; key: string }
  | { type: "post"; key: string; mediaType: MediaType; content: string; fileName?: string }
  | { type: "end"; key: string }
  | { type: "leaveMessage"; key: string; phone: string; text: string }
  | ({ type: "rate"; key: string } & Rating);

export type ClientFrame =
  | KeyedFrame
  | { type: "hello"; token: string; after: number }
  | { type: "typing"; on: boolean }
  | { type: "read"; number: number }
  | { type: "ping" };

export type ServerFrame =
  | { type: "welcome"; state: ChatStatus; after?: number }
  | { type: "ack"; key: string; number?: number | null; messageCode?: string | null; at?: number | null }
  | { type: "refused"; key: string; code: string; message: string }
  | ({ type: "message" } & ChatMessage)
  | ({ type: "state" } & ChatStatus)
  | { type: "typing"; on: boolean }
  | { type: "read"; number: number }
  | { type: "token"; token: string; expiresIn: number }
  | { type: "survey" }
  | { type: "pong" }
  | { type: "bye"; code: string; message: string };
