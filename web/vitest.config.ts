import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  test: {
    environment: "happy-dom",
    environmentOptions: { happyDOM: { settings: { handleDisabledFileLoadingAsSuccess: true } } },
    include: ["apps/**/*.test.{ts,tsx}", "packages/**/*.test.{ts,tsx}", "plugins/**/*.test.ts"],
    setupFiles: ["dev/test_setup.ts"],
    css: false,
    // Machines that build several things at once are slow; a test that hangs still ends.
    testTimeout: 30_000,
    restoreMocks: true,
  },
});
