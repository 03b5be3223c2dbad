/** Answers and events in the shape of the OpenEye interface (lightweight-plugins 4). */

export interface Answer {
  /** Internal name of the operation. */
  description: string;
  /** 0 ok. */
  result: number;
  /** Internal message number; operations whose number is not published have none. */
  rsp?: number;
  param?: Record<string, unknown>;
  errMsg?: string;
}

export interface Notice {
  description: string;
  notify: number;
  param: Record<string, unknown>;
}

export interface Reply {
  response?: (answer: Answer) => void;
}

/** Operations: internal name and, where it is published, message number. */
export const OPERATIONS = {
  config: ["tsdk_set_config_param"],
  register: ["tsdk_login", 65537],
  deRegister: ["tsdk_logout", 65538],
  registerStatusQuery: ["tsdk_register_status_query", 67779],
  startCall: ["tsdk_start_call"],
  acceptCall: ["tsdk_accept_call", 67538],
  endCall: ["tsdk_end_call", 67539],
  operateMic: ["tsdk_mute_mic"],
  dtmf: ["tsdk_send_dtmf"],
  getMediaDevices: ["tsdk_get_devices"],
  setMicIndex: ["tsdk_set_mic_index"],
  getMicIndex: ["tsdk_get_mic_index"],
  setSpeakIndex: ["tsdk_set_speak_index"],
  getSpeakIndex: ["tsdk_get_speak_index"],
  openCamera: ["tsdk_open_camera"],
  closeCamera: ["tsdk_close_camera"],
  mediaMuteVideo: ["tsdk_mute_video"],
  setVideoWindowParam: ["tsdk_set_video_window"],
  setVideoLayoutMode: ["tsdk_set_video_layout"],
  setVideoDisplayMode: ["tsdk_set_video_display"],
} as const satisfies Record<string, readonly [string, number?]>;

export type OperationName = keyof typeof OPERATIONS;

export function answerOf(name: OperationName, result: number, more: Partial<Answer> = {}): Answer {
  const [description, rsp] = OPERATIONS[name] as readonly [string, number?];
  return { description, result, ...(rsp === undefined ? {} : { rsp }), ...more };
}

/** State of a call as the interface counts it. */
export const CALL_STATE = { incoming: 1, outgoing: 2, connected: 3, ended: 5 } as const;

export const REGISTER_STATE = { unregistered: 0, registering: 1, registered: 3 } as const;

/** Names and numbers of events; those without a published number count on from their neighbours. */
export const EVENTS = {
  registering: ["TSDK_E_LOGIN_EVT_LOGIN_STARTED", 1003],
  registered: ["TSDK_E_LOGIN_EVT_LOGIN_SUCCESS", 1004],
  refused: ["TSDK_E_LOGIN_EVT_LOGIN_FAILED", 1005],
  forcedOut: ["TSDK_E_LOGIN_EVT_FORCE_LOGOUT", 1008],
  incoming: ["TSDK_E_CALL_EVT_CALL_INCOMING", 2002],
  outgoing: ["TSDK_E_CALL_EVT_CALL_OUTGOING", 2003],
  ringBack: ["TSDK_E_CALL_EVT_CALL_RINGBACK", 2004],
  rtpCreated: ["TSDK_E_CALL_EVT_CALL_RTP_CREATED", 2005],
  connected: ["TSDK_E_CALL_EVT_CALL_CONNECTED", 2006],
  ended: ["TSDK_E_CALL_EVT_CALL_ENDED", 2007],
  endFailed: ["TSDK_E_CALL_EVT_ENDCALL_FAILED", 2008],
  missed: ["report_missed_call", 3001],
  mediaChanged: ["opencec_call_media", 9002],
  quality: ["opencec_call_quality", 9001],
} as const;

export function noticeOf(name: keyof typeof EVENTS, param: Record<string, unknown>): Notice {
  const [description, notify] = EVENTS[name];
  return { description, notify, param };
}
