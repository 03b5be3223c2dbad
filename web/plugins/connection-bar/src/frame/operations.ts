/** The gateway's operations by the names that pages use: those of the interface, whatever their capitals. */

import type { Method } from "@opencec/api-client";

export interface Request {
  method: Method;
  group: string;
  rest: string;
  body?: object;
}

export type Params = Record<string, unknown>;

interface Operation {
  /** Names of the entries when a page gives an array. */
  fields: readonly string[];
  request: (params: Params) => Request;
}

const text = (params: Params, ...names: string[]): string => {
  for (const name of names) {
    const value = params[name];
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      return String(value);
  }
  return "";
};
const path = (value: string): string => encodeURIComponent(value);
const agent = (rest: string, method: Method = "POST"): Request => ({ method, group: "onlineagent", rest });
const voice = (rest: string, method: Method = "POST", body?: object): Request => ({
  method,
  group: "voicecall",
  rest,
  body,
});
const plain = (request: Request): Operation => ({ fields: [], request: () => request });

/** `audio` and `video` of the bar's own call-out; numbers as the interface has them. */
const mediaAbility = (params: Params): number => {
  const mode = text(params, "mode", "mediaability");
  return mode === "video" ? 1 : Number(mode) || 0;
};

/** Whether a page's call is to be one with pictures. */
export const isVideo = (params: Params): boolean => mediaAbility(params) > 0;

const dialled = (params: Params): object => {
  const { number: _number, mode: _mode, ...rest } = params;
  return { ...rest, called: text(params, "called", "number"), mediaability: mediaAbility(params) };
};

const OPERATIONS: Record<string, Operation> = {
  saybusy: {
    fields: ["reason", "prolong"],
    request: (params) =>
      agent(
        `/saybusy?reason=${path(text(params, "reason"))}&prolong=${path(text(params, "prolong") || "false")}`,
      ),
  },
  sayfree: plain(agent("/sayfree")),
  cancelbusy: plain(agent("/cancelbusy")),
  rest: {
    fields: ["time", "restcause"],
    request: (params) =>
      agent(`/rest/${path(text(params, "time"))}/${path(text(params, "restcause") || "0")}`),
  },
  cancelrest: plain(agent("/cancelrest")),
  saywork: plain(agent("/work")),
  cancelwork: plain(agent("/cancelwork")),
  getagentstatus: plain(agent("/agentstatus", "GET")),
  setagentautoenteridle: {
    fields: ["flag"],
    request: (params) => agent(`/autoenteridle/${path(text(params, "flag"))}`),
  },
  callout: { fields: ["number", "mode"], request: (params) => voice("/callout", "PUT", dialled(params)) },
  callinner: { fields: ["called"], request: (params) => voice("/callinner", "PUT", dialled(params)) },
  innerhelp: {
    fields: ["dstaddress", "devicetype", "mode", "callappdata"],
    request: (params) => voice("/innerhelp", "POST", { devicetype: 2, mode: 1, ...params }),
  },
  answer: {
    fields: ["callid"],
    request: (params) =>
      voice(`/answer${text(params, "callid") ? `?callid=${path(text(params, "callid"))}` : ""}`, "PUT"),
  },
  reject: { fields: ["callid"], request: (params) => voice("/reject", "POST", params) },
  release: plain(voice("/release", "DELETE")),
  hold: plain(voice("/hold")),
  gethold: {
    fields: ["callid"],
    request: (params) => voice(`/gethold?callid=${path(text(params, "callid"))}`),
  },
  connecthold: {
    fields: ["callid"],
    request: (params) => voice(`/connecthold/${path(text(params, "callid"))}`),
  },
  confjoin: { fields: ["callid", "callappdata"], request: (params) => voice("/confjoin", "POST", params) },
  beginmute: plain(voice("/beginmute")),
  endmute: plain(voice("/endmute")),
  beginmutevideo: plain(voice("/beginmutevideo")),
  endmutevideo: plain(voice("/endmutevideo")),
  mediaswitch: {
    fields: ["mode"],
    request: (params) => voice("/mediaswitch", "POST", { mediaability: mediaAbility(params) }),
  },
  transfer: {
    fields: ["devicetype", "address", "mode", "callappdata", "caller", "mediaability"],
    request: (params) => voice("/transfer", "POST", params),
  },
  canceltransfer: plain(voice("/canceltransfer")),
  dropcall: { fields: ["callid"], request: (params) => voice(`/dropcall/${path(text(params, "callid"))}`) },
  disconnect: {
    fields: ["number"],
    request: (params) => voice(`/disconnect/${path(text(params, "number"))}`),
  },
  seconddialex: {
    fields: ["number"],
    request: (params) => voice(`/seconddialex?number=${path(text(params, "number"))}`),
  },
  setcalldata: {
    fields: ["callid", "calldata"],
    request: (params) => ({ method: "POST", group: "calldata", rest: "/setcalldata", body: params }),
  },
  getcallinfo: plain({ method: "GET", group: "calldata", rest: "/callinfo" }),
};

/** Pages choose the names: a Map has none but ours, an object would have those that every object inherits. */
const BY_NAME: ReadonlyMap<string, Operation> = new Map(Object.entries(OPERATIONS));
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ["work", "saywork"],
  ["seconddial", "seconddialex"],
]);

export const operationOf = (name: string): Operation | undefined => BY_NAME.get(name);

/** The name that the table has for what a page calls. */
export function operationName(name: string): string {
  const lower = name.toLowerCase();
  return OTHER_NAMES.get(lower) ?? lower;
}

/** A page's parameters as an object: an array is taken by position, anything else than these as none. */
export function paramsOf(name: string, param: unknown): Params {
  if (Array.isArray(param)) {
    const fields = operationOf(name)?.fields ?? [];
    return Object.fromEntries(fields.slice(0, param.length).map((field, at) => [field, param[at]]));
  }
  return typeof param === "object" && param !== null ? (param as Params) : {};
}
