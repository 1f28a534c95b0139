// Bundles the dashboard: hashed assets that may be cached for ever, an index.html that names them, a .gz beside each file
// for nginx's gzip_static. Usage: node build.mjs [--modules DIR] [--out DIR]; the modules are where npm ci put them.

import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({ options: { modules: { type: "string" }, out: { type: "string" } } });
const modules = resolve(values.modules ?? join(here, "node_modules"));
const out = resolve(values.out ?? join(here, "dist"));
const { buildSync } = createRequire(join(modules, "x.js"))("esbuild");

rmSync(out, { recursive: true, force: true });
const { metafile } = buildSync({
	entryPoints: [join(here, "src/app.js"), join(here, "src/style.css")],
	absWorkingDir: here, nodePaths: [modules], outdir: join(out, "assets"), entryNames: "[name]-[hash]", chunkNames: "[name]-[hash]",
	bundle: true, splitting: true, minify: true, format: "esm", target: ["chrome109", "firefox115", "safari16.4"], legalComments: "none",
	charset: "utf8", metafile: true, logLevel: "warning",
});

/** index.html names sources; what it names in dist are their bundles. */
let index = readFileSync(join(here, "index.html"), "utf8");
for (const [file, { entryPoint }] of Object.entries(metafile.outputs)) {
	if (entryPoint?.match(/src\/(app\.js|style\.css)$/)) index = index.replace(`./${entryPoint}`, `./assets/${file.split("/").pop()}`);
}
if (/\.\/src\//.test(index)) throw new Error("index.html still names a source file; build.mjs does not know it");
writeFileSync(join(out, "index.html"), index);
writeFileSync(join(out, "icon.svg"), readFileSync(join(here, "icon.svg")));
mkdirSync(join(out, "assets"), { recursive: true });

for (const folder of [out, join(out, "assets")]) {
	for (const entry of readdirSync(folder, { withFileTypes: true })) {
		if (!entry.isFile()) continue;
		const file = join(folder, entry.name);
		const packed = gzipSync(readFileSync(file), { level: 9 });
		writeFileSync(`${file}.gz`, packed);
		console.log(`${String(packed.length).padStart(7)}  ${entry.name}`);
	}
}
