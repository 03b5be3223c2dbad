/** What an inspector does with other agents and their calls. */

import { type GatewayClient, Inspection, type InspectionMode } from "@opencec/api-client";
import type { Inspecting } from "./model";
import type { Context } from "./operations";

const PHONE_RINGS_WITHIN_MS = 15_000;

const of = (gateway: GatewayClient) => new Inspection(gateway);
const set = ({ change }: Context, inspecting: Inspecting | null) =>
  change((before) => ({ ...before, inspecting }));

/** Listens, whispers or inserts; while one of them runs, switches to another. */
export async function inspect(context: Context, { workno, mode }: Inspecting): Promise<void> {
  const { gateway, phone, model } = context;
  const now = model().inspecting;
  if (now?.workno === workno) {
    if (now.mode !== mode) await of(gateway).change(workno, mode);
  } else {
    if (now) await of(gateway).end(now.workno);
    await phone.prepare();
    phone.expectCall(PHONE_RINGS_WITHIN_MS);
    await of(gateway).begin(workno, mode);
  }
  set(context, { workno, mode });
}

export async function endInspection(context: Context): Promise<void> {
  const now = context.model().inspecting;
  if (!now) return;
  await of(context.gateway).end(now.workno);
  set(context, null);
}

/** Takes the customer from the agent who is inspected. */
export async function intercept(context: Context): Promise<void> {
  const now = context.model().inspecting;
  if (!now) return;
  await of(context.gateway).intercept(now.workno);
  set(context, null);
}

export const force = (
  { gateway }: Context,
  { workno, what }: { workno: string; what: "busy" | "idle" | "logout" },
): Promise<void> => of(gateway).force(workno, what);

export const dropCall = ({ gateway }: Context, callid: string): Promise<void> => of(gateway).dropCall(callid);

export type { InspectionMode };
