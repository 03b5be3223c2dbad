// Builds the plug-ins, one file each, for Chrome 80 and later; after `vite build`, which empties the folder around them.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "vite";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const outDir = here("../src/opencec/app/web/plugins");

/** File, source, module format. */
const PLUGINS = [
  ["ccbarclient.js", "plugins/connection-bar/src/loader.ts", "iife"],
  ["bar.js", "plugins/connection-bar/src/frame/main.ts", "iife"],
  ["connection-bar.js", "plugins/connection-bar/src/element.ts", "es"],
  ["OpenEye_SDK.js", "plugins/openeye/src/main.ts", "iife"],
];

for (const [name, source, format] of PLUGINS) {
  await build({
    configFile: false,
    root: here("."),
    logLevel: "warn",
    publicDir: false,
    define: { "process.env.NODE_ENV": '"production"' },
    build: {
      outDir,
      emptyOutDir: false,
      target: "chrome80",
      minify: true,
      rolldownOptions: {
        checks: { pluginTimings: false },
        input: here(source),
        preserveEntrySignatures: "exports-only",
        output: { format, entryFileNames: name, codeSplitting: false },
      },
    },
  });
  const content = readFileSync(`${outDir}/${name}`);
  writeFileSync(`${outDir}/${name}.gz`, gzipSync(content, { level: 9 }));
  writeFileSync(`${outDir}/${name}.br`, brotliCompressSync(content));
}
