// What a user downloads, gzipped, and what must be in it.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";

import { mock, open, settled } from "./harness.mjs";
import { DIST } from "./mock.mjs";

const KB = 1024;
const built = existsSync(join(DIST, "index.html")) ? {} : { skip: `no build in ${DIST}` };
const assets = () => readdirSync(join(DIST, "assets"));
const packed = (ends) => assets().filter((f) => f.endsWith(`${ends}.gz`)).map((f) => statSync(join(DIST, "assets", f)).size).reduce((a, b) => a + b, 0);

test("JavaScript <= 150 KB in all, styles <= 12 KB", built, (t) => {
	t.diagnostic(`js ${packed(".js")} bytes, css ${packed(".css")} bytes`);
	assert.ok(packed(".js") > 0 && packed(".js") <= 150 * KB);
	assert.ok(packed(".css") > 0 && packed(".css") <= 12 * KB);
});

test("every file has its .gz, which unpacks to it", built, () => {
	for (const folder of [DIST, join(DIST, "assets")]) {
		for (const file of readdirSync(folder).filter((f) => /\.(js|css|html|svg)$/.test(f))) {
			assert.deepEqual(gunzipSync(readFileSync(join(folder, `${file}.gz`))), readFileSync(join(folder, file)), file);
		}
	}
});

test("index.html has no inline script or style", built, () => {
	const index = readFileSync(join(DIST, "index.html"), "utf8");
	assert.doesNotMatch(index, /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/i);
});

test("first load <= 45 KB: the chart library comes only with the chart", built, async (t) => {
	mock?.reset();
	const loaded = new Set();
	const page = await open("about");
	page.on("request", (r) => loaded.add(new URL(r.url()).pathname));
	await page.goto("about:blank");
	await page.goto(`${page.url() && mock ? mock.url : process.env.BASE_URL}/#/overview`);
	await settled(page);
	const size = (set) => [...set].filter((p) => p.startsWith("/assets/") && p.endsWith(".js")).map((p) => statSync(join(DIST, `${p}.gz`)).size).reduce((a, b) => a + b, 0);
	t.diagnostic(`first load ${size(loaded)} bytes of JavaScript`);
	assert.ok(size(loaded) > 0 && size(loaded) <= 45 * KB);
	await page.evaluate(() => { location.hash = "#/charts"; });
	await page.waitForSelector(".chart canvas");
	assert.ok([...loaded].some((p) => p.startsWith("/assets/chart-")));
	await page.context().close();
});

test("the chart library's notice and link are on the About page, its logo is not on the chart", async () => {
	mock?.reset();
	const page = await open("about");
	await page.waitForSelector('a[href="https://www.tradingview.com/"]');
	assert.match(await page.textContent("body"), /TradingView Lightweight Charts™Copyright \(c\) \d{4} TradingView, Inc\./);
	await page.evaluate(() => { location.hash = "#/charts"; });
	await page.waitForSelector(".chart canvas");
	assert.equal(await page.$("#tv-attr-logo"), null);
	await page.context().close();
});

test("the licences name the versions that are locked", () => {
	const about = readFileSync(new URL("../../www/src/pages/about.js", import.meta.url), "utf8");
	const { dependencies } = JSON.parse(readFileSync(new URL("../../www/package.json", import.meta.url), "utf8"));
	for (const name of ["preact", "@preact/signals", "htm", "lightweight-charts", "fancy-canvas"]) assert.ok(about.includes(` ${dependencies[name]}"`), name);
});
