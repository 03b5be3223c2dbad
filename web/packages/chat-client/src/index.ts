/** The customer's side of a chat, without any framework. */
export { ChatClient, type ChatOptions, type ChatView, mediaTypeOf, type Uploading } from "./client";
export { ChatError, download, openSession, upload } from "./http";
export { Line, type Link, retryDelay } from "./line";
export { ChatMemory, type Outgoing } from "./memory";
export type * from "./wire";
