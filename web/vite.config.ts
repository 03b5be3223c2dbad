import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { compressed } from "./compressed.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const backend = process.env.OPENCEC_DEV_BACKEND ?? "http://127.0.0.1:8080";
const paths = ["/agentgateway", "/api", "/service-cloud"];

/** Pages are plain HTML files, one entry each; the server maps `/call` to `call.html`. */
export default defineConfig({
  root: here("pages"),
  appType: "mpa",
  publicDir: here("public"),
  plugins: [react(), compressed()],
  server: {
    host: "127.0.0.1",
    proxy: {
      ...Object.fromEntries(paths.map((path) => [path, { target: backend, changeOrigin: false }])),
      "/sip": { target: backend, ws: true },
      "/chat/v1": { target: backend, ws: true },
    },
  },
  build: {
    outDir: here("../src/opencec/app/web"),
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: true,
    rolldownOptions: {
      checks: { pluginTimings: false },
      input: {
        index: here("pages/index.html"),
        call: here("pages/call.html"),
        "chat-demo": here("pages/chat-demo.html"),
        workbench: here("pages/workbench.html"),
      },
    },
  },
});
