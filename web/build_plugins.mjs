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
  ["web-chat.js", "plugins/web-chat/src/element.ts", "es"],
  ["newThirdPartyClient.js", "plugins/web-chat/src/loader.ts", "iife"],
];

/** Most bytes, gzipped, of files that strangers' pages load. */
const LIMITS = { "web-chat.js": 60_000, "newThirdPartyClient.js": 60_000 };

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
  const packed = gzipSync(content, { level: 9 });
  if (packed.length > (LIMITS[name] ?? Number.POSITIVE_INFINITY))
    throw new Error(`${name} has ${packed.length} bytes gzipped, ${LIMITS[name]} are allowed`);
  writeFileSync(`${outDir}/${name}.gz`, packed);
  writeFileSync(`${outDir}/${name}.br`, brotliCompressSync(content));
}
