/** Operations of the agent that need both the phone and the gateway. */

import { expect, test } from "vitest";
import { answer, type Context } from "./operations";

/** What was asked of phone and gateway, in order, when the agent answers. */
async function answered(call: unknown): Promise<string[]> {
  const asked: string[] = [];
  const note = (name: string) => async () => void asked.push(name);
  const phone = {
    state: { call },
    prepare: note("prepare"),
    answer: note("answer"),
    expectCall: () => asked.push("expectCall"),
  };
  const context = { phone, gateway: { answer: note("gateway") }, model: () => ({ calls: [] }) };
  await answer(context as unknown as Context);
  return asked;
}

test("an answer given before the phone rings is given to what rings next", async () => {
  expect(await answered(null)).toEqual(["prepare", "expectCall", "answer", "gateway"]);
});

test("an answer to a phone that rings answers that", async () => {
  expect(await answered({ phase: "ringing" })).toEqual(["prepare", "answer", "gateway"]);
});
