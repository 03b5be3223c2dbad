/** What a page and the bar in its frame tell each other. */

/** From the page, once, when the frame has loaded; comes with a port for everything that follows. */
export interface Start {
  opencec: "start";
  /** Opened by the server for this page's origin. */
  session: string;
  /** Language of the page; empty: that of the browser. */
  lang: string;
  /** The page speaks the documented way as well: messages to and from `window`. */
  documented: boolean;
}

export type ToBar = { kind: "command"; id: number; name: string; param: unknown };

export interface Failure {
  /** Result code of the gateway, or `lost`, `microphone`, `phone`, `unknown`, `signed_out`. */
  code: string;
  message: string;
}

export type FromBar =
  | { kind: "size"; height: number }
  | { kind: "answer"; id: number; result: unknown }
  | { kind: "failure"; id: number; failure: Failure }
  | { kind: "event"; name: BarEventName; detail: BarEvents[BarEventName] }
  | { kind: "callback"; message: Told };

/** An event as the gateway words it. */
export interface AgentEvent {
  eventType: string;
  workNo: string;
  content: unknown;
}

/** What the documented page hears: `callback(message)`, and `event.data` of a message to the window. */
export interface Told extends Partial<AgentEvent> {
  message: string;
  retcode: string;
  event: AgentEvent | null;
  /** The call that this answers. */
  name?: string;
  result?: unknown;
}

/** Parameters of a screen pop, as the workbench names them (lightweight-plugins 3.1). */
export interface ScreenPop {
  callerNum: string;
  calledNum: string;
  callid: string;
  mediaType: "1";
  callType: "0" | "1";
  workNo: string;
  callskill: string;
  callskillid: string;
  agentName: string;
}

export interface CallDetail {
  callid: string;
  number: string;
  phase: string;
  feature: number | null;
  queue: string;
}

export interface StateDetail {
  /** The bar's word: signedOut, idle, busy, rest, wrapUp, inCall. */
  state: string;
  workNo: string;
  /** Milliseconds since 1970. */
  since: number;
  buttons: string[];
}

export interface BarEvents {
  ready: { workNo: string; name: string };
  state: StateDetail;
  ringing: ScreenPop;
  call: CallDetail;
  released: { callid: string };
  phone: { registered: boolean; mode: "browser" | "own" };
  agentevent: AgentEvent;
  failed: Failure & { name: string };
}

export type BarEventName = keyof BarEvents;
export const BAR_EVENTS: readonly BarEventName[] = [
  "ready",
  "state",
  "ringing",
  "call",
  "released",
  "phone",
  "agentevent",
  "failed",
];
