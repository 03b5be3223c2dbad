/** What can go wrong with an operation, as a code and a text. */

import { GatewayError } from "@opencec/api-client";
import { MicrophoneError } from "@opencec/softphone";
import type { Failure } from "../protocol";
import { SessionOver } from "./server";

export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Puts whatever was thrown into a code and a text. */
export function failureOf(error: unknown): Failure {
  if (error instanceof GatewayError || error instanceof Refused)
    return { code: error.code, message: error.message };
  if (error instanceof MicrophoneError) return { code: "microphone", message: error.problem };
  if (error instanceof SessionOver)
    return { code: "session_over", message: "the page has to load the bar again" };
  return { code: "lost", message: "the server does not answer" };
}
