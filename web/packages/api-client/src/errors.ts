/** What can go wrong between a page and the server. */

/** The server could not be reached, or answered with something that is not ours. */
export class ServerLostError extends Error {
  constructor(readonly status: number | null) {
    super(status === null ? "server not reachable" : `server answered ${status}`);
  }
}

/** The gateway refused an operation; `code` is its result code ("100-006"). */
export class GatewayError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message || code);
  }
}

/** Our own interface (`/api/v1`) refused a request. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Seconds until another attempt makes sense, when the server names them. */
    readonly retryAfterS: number | null,
  ) {
    super(message || code);
  }
}

/** Codes that end a session: signed out (100-006) and GUID no longer valid (000-003). */
export const SIGNED_OUT = "100-006";
export const NOT_AUTHENTICATED = "000-003";
export const ALREADY_SIGNED_IN = "100-002";
