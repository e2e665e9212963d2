// Bundles the islands and the style sheet into one folder, given as the only argument.
// In: src/ and node_modules. Out: beffroi.js (entry), one chunk an island, map-worker.js,
// theme.js, beffroi.css with its fonts, offline/ (written into the pages of the offline kit), and LICENCES.txt of everything that was bundled.
import { build } from "esbuild";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "dist"));
rmSync(out, { recursive: true, force: true });

const shared = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  target: ["es2022", "chrome111", "firefox115", "safari16.4"],
  outdir: out,
  metafile: true,
  legalComments: "none",
  logLevel: "warning",
  loader: { ".woff2": "file" },
  assetNames: "[name]-[hash]",
};

const results = await Promise.all([
  build({
    ...shared,
    entryPoints: { beffroi: "src/beffroi.js" },
    format: "esm",
    splitting: true,
    chunkNames: "[name]-[hash]",
  }),
  // The worker sits beside the bundle: the policy of the site forbids workers made from blobs.
  build({ ...shared, entryPoints: { "map-worker": "maplibre-gl/dist/maplibre-gl-worker.mjs" }, format: "esm" }),
  build({ ...shared, entryPoints: { theme: "src/theme.js" }, format: "iife" }),
  build({ ...shared, entryPoints: { beffroi: "src/css/beffroi.css", map: "src/css/map.css" } }),
  // One file each, without modules: a page opened from a stick can load nothing beside it.
  build({
    ...shared,
    entryPoints: ["sealed.js", "journal.js", "site.js", "exercise.js", "offline.css", "exercise.css"].map((name) => `src/offline/${name}`),
    outdir: join(out, "offline"),
    format: "iife",
    charset: "utf8",
  }),
]);

const packages = new Set();
for (const { metafile } of results) {
  for (const input of Object.keys(metafile.inputs)) {
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (found) packages.add(found[1]);
  }
}
const notices = [...packages].sort().map((folder) => {
  const about = JSON.parse(readFileSync(join(here, folder, "package.json"), "utf8"));
  const file = readdirSync(join(here, folder)).find((name) => /^(licen[cs]e|copying)/i.test(name));
  const text = file && existsSync(join(here, folder, file)) ? readFileSync(join(here, folder, file), "utf8") : "";
  return `${about.name} ${about.version} (${about.license ?? "see text"})\n\n${text.trim()}\n`;
});
writeFileSync(join(out, "LICENCES.txt"), notices.join(`\n${"-".repeat(72)}\n\n`));
