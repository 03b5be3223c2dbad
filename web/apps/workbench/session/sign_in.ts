/** Signing in: account, phone, gateway, in this order; and what can go wrong on the way. */

import {
  type AgentAccount,
  ALREADY_SIGNED_IN,
  ApiError,
  GatewayError,
  type SignInOptions,
  sipSocketUrl,
} from "@opencec/api-client";
import type { PhoneAccount, PhoneState } from "@opencec/softphone";
import type { SignInProblem } from "./view";

const WRONG_PASSWORD = new Set(["100-004", "100-062"]);
const LOCKED = new Set(["110-016", "100-061"]);

export class SignInFailure extends Error {
  constructor(readonly problem: SignInProblem) {
    super(problem.kind);
  }
}

const problem = (kind: SignInProblem["kind"], more: Partial<SignInProblem> = {}): SignInProblem => ({
  kind,
  retryAfterS: null,
  message: "",
  code: "",
  ...more,
});

export const failure = (kind: SignInProblem["kind"]): SignInFailure => new SignInFailure(problem(kind));

/** Puts whatever was thrown during sign-in into one of a few kinds. */
export function signInProblem(error: unknown): SignInProblem {
  if (error instanceof SignInFailure) return error.problem;
  if (error instanceof ApiError) {
    if (error.status === 423 || error.status === 429)
      return problem("locked", { retryAfterS: error.retryAfterS });
    if (error.status === 401 || error.status === 403 || error.status === 422) return problem("wrong");
    return problem("refused", { message: error.message, code: error.code });
  }
  if (error instanceof GatewayError) {
    if (error.code === ALREADY_SIGNED_IN) return problem("already");
    if (WRONG_PASSWORD.has(error.code)) return problem("wrong");
    if (LOCKED.has(error.code)) return problem("locked");
    return problem("refused", { message: error.message, code: error.code });
  }
  return problem("server");
}

export const phoneAccount = ({ sip, ws_path }: AgentAccount, instanceId: string): PhoneAccount => ({
  user: sip.user,
  password: sip.password,
  domain: sip.domain,
  instanceId,
  wsUrl: sipSocketUrl(ws_path),
});

/** The workbench answers by hand, wraps up after each call and lets go of the phone in between. Without a camera
 * it takes calls of video all the same: the agent sees and is heard. */
export const signInOptions = ({ sip }: AgentAccount, password: string): SignInOptions => ({
  password,
  phonenum: sip.user,
  autoanswer: false,
  autoenteridle: false,
  releasephone: true,
  status: 4,
  agenttype: 11,
});

interface Registering {
  readonly state: PhoneState;
  on(name: "change", listener: (state: PhoneState) => void): () => void;
}

/** Resolves when the phone is registered. @throws SignInFailure after `withinMs` or when it is refused */
export function registered(phone: Registering, withinMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void) => {
      clearTimeout(timer);
      off();
      then();
    };
    const look = (state: PhoneState) => {
      if (state.registered) settle(resolve);
      else if (state.refusal) settle(() => reject(failure("phone")));
    };
    const off = phone.on("change", look);
    const timer = setTimeout(() => settle(() => reject(failure("phone"))), withinMs);
    look(phone.state);
  });
}
