/** Sessions and files: what a customer's page asks over HTTP. */

import type { ChatFile, Session, SessionRequest } from "./wire";

/** The server refused; `code` is stable. `lost`: it was not reached, or did not answer as ours does. */
export class ChatError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 0) {
    super(message || code);
    this.code = code;
    this.status = status;
  }
}

export async function openSession(server: string, request: SessionRequest): Promise<Session> {
  const response = await fetch(`${server}/chat/v1/sessions`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(request),
    cache: "no-store",
  }).catch(() => null);
  if (!response) throw new ChatError("lost", "server not reachable");
  const answer = (await response.json().catch(() => null)) as (Session & Problem) | null;
  if (!response.ok || !answer?.token) throw problem(response.status, answer);
  return answer;
}

type Problem = { code?: string; message?: string };

const problem = (status: number, answer: Problem | null): ChatError =>
  new ChatError(answer?.code ?? "lost", answer?.message ?? `status ${status}`, status);

export interface Upload {
  /** Settles when the server has the whole file. @throws ChatError */
  done: Promise<ChatFile>;
  cancel: () => void;
}

/** Sends a file and tells how much of it is there, 0 to 1. `fetch` cannot tell, so this is the older way. */
export function upload(
  url: string,
  file: Blob,
  {
    name,
    headers,
    onProgress,
  }: { name: string; headers: Record<string, string>; onProgress: (part: number) => void },
): Upload {
  const request = new XMLHttpRequest();
  const done = new Promise<ChatFile>((resolve, reject) => {
    request.open("POST", url);
    for (const [header, value] of Object.entries(headers)) request.setRequestHeader(header, value);
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
    request.onerror = () => reject(new ChatError("lost", "server not reachable"));
    request.onabort = () => reject(new ChatError("cancelled", "upload cancelled"));
    request.onload = () => {
      const answer = request.response as (ChatFile & Problem) | null;
      if (request.status >= 200 && request.status < 300 && answer?.id) resolve(answer);
      else reject(problem(request.status, answer));
    };
    const form = new FormData();
    form.append("file", file, name);
    request.send(form);
  });
  return { done, cancel: () => request.abort() };
}

/** A file's content. @throws ChatError */
export async function download(url: string, headers: Record<string, string>): Promise<Blob> {
  const response = await fetch(url, { headers }).catch(() => null);
  if (!response) throw new ChatError("lost", "server not reachable");
  if (!response.ok)
    throw problem(response.status, (await response.json().catch(() => null)) as Problem | null);
  return response.blob();
}
