import { mergeConfig } from "vite";
import { fakeBackend } from "./dev/fake_plugin.ts";
import real from "./vite.config.ts";

/** The pages with a pretended server behind them, in a file of its own: the build must not need its packages. */
export default mergeConfig(
  { ...real, server: { ...real.server, proxy: undefined } },
  { plugins: [fakeBackend()] },
);
