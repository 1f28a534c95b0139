// The truth test: every value on the screen names the field of the API it comes from, and shows exactly that. A number
// without a source fails. Values are frozen first, and compared with the answers the browser itself received.

import assert from "node:assert/strict";
import { test } from "node:test";

import { decode } from "../../www/src/lib/decimal.js";
import { FORMATS } from "../../www/src/lib/fmt.js";
import { resolve, split } from "../../www/src/lib/path.js";
import { mock, open, PAGES, settled } from "./harness.mjs";

const JOINED = new Set(["events", "equity"]); // put together from several answers, addressed by seq

function remember(known) {
	return async (response) => {
		const path = new URL(response.url()).pathname;
		if (!path.startsWith("/api/") || response.request().method() !== "GET" || !response.ok()) return;
		const name = /^\/api\/strategies\/./.test(path) ? "strategy" : path.slice(5);
		const text = await response.text().catch(() => null); // the page was left meanwhile
		if (text === null) return;
		const data = decode(text);
		if (JOINED.has(name)) data.items = [...(known.get(name)?.items ?? []), ...data.items];
		known.set(name, data);
	};
}

/** What the screen claims, and text with digits that claims nothing. */
function readScreen() {
	const claims = [...document.querySelectorAll("[data-src]")].map((e) => ({ src: e.dataset.src, as: e.dataset.as, shown: e.textContent }));
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	const loose = [];
	while (walker.nextNode()) {
		const node = walker.currentNode;
		if (/\d/.test(node.data) && !node.parentElement.closest("[data-src], [data-fixed], select, script, style")) loose.push(node.data.trim());
	}
	return { claims, loose };
}

async function compare(page, known, name) {
	await settled(page);
	await page.evaluate(() => document.activeElement?.blur?.());
	await page.keyboard.press("Space");
	await page.waitForSelector("text=Values are frozen.");
	await page.waitForTimeout(600); // answers already on their way
	const { claims, loose } = await page.evaluate(readScreen);
	assert.deepEqual(loose, [], `${name}: numbers without a source`);
	assert.ok(claims.length >= 10, `${name}: only ${claims.length} values have a source`);
	for (const { src, as, shown } of claims) {
		const [source, path] = split(src);
		const value = resolve(known.get(source), path);
		if (as) assert.equal(shown, FORMATS[as](value), `${name}: ${src}`);
		else assert.notEqual(value, undefined, `${name}: ${src}`);
	}
	await page.keyboard.press("Space");
	return claims.length;
}

test("every value on every page comes from the API", async (t) => {
	mock?.reset();
	const page = await open("about");
	const known = new Map();
	page.on("response", remember(known));
	await page.reload();
	let values = 0;
	for (const name of [...PAGES, "charts?view=table"]) {
		await page.evaluate((hash) => { location.hash = hash; }, `#/${name}`);
		values += await compare(page, known, name);
	}
	await page.evaluate(() => { location.hash = "#/strategies"; });
	await page.click("td a");
	await page.waitForSelector("#p-funnel");
	values += await compare(page, known, "strategy");
	t.diagnostic(`${values} values compared`);
	await page.context().close();
});
