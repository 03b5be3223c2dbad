import { expect, test } from "vitest";
import { type Heard, verdictOf } from "./test_call";

const good: Heard = { connected: true, spoken: 0.6, returned: 0.5, quality: { mos: 4.2 } };

test.each([
  [{}, "good"],
  [{ quality: null }, "good"],
  [{ quality: { mos: 2.4 } }, "poor_network"],
  [{ returned: 0.1 }, "no_echo"],
  [{ spoken: 0.1, returned: 0.1 }, "silent"],
  [{ connected: false, spoken: 0.6 }, "no_call"],
] as const)("%o is %s", (change, verdict) => {
  expect(verdictOf({ ...good, ...change })).toBe(verdict);
});
