// Every page, both themes, desk and phone: draws, breaks no rule of accessibility or CSP, prints no error, asks nobody else,
// needs no sideways scrolling.

import assert from "node:assert/strict";
import { test } from "node:test";

import { axe, mock, mockOnly, open, PAGES, settled } from "./harness.mjs";

const VIEWS = [[1280, "dark"], [1280, "light"], [360, "dark"], [360, "light"]];

async function check(page, name) {
	assert.deepEqual(page.faults, [], `${name}: console, CSP, foreign requests`);
	assert.deepEqual(await axe(page), [], `${name}: axe`);
	const [wide, width] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
	assert.ok(wide <= width, `${name}: ${wide} px wide on a ${width} px screen`);
}

for (const [width, theme] of VIEWS) {
	test(`pages at ${width} px, ${theme}`, async () => {
		mock?.reset();
		const page = await open("overview", { width, theme });
		for (const name of [...PAGES, ...(width < 500 ? ["more"] : [])]) {
			await page.evaluate((hash) => { location.hash = hash; }, `#/${name}`);
			await settled(page);
			assert.equal(await page.getAttribute("html", "data-theme"), theme);
			await check(page, `${name} ${width} ${theme}`);
		}
		await page.context().close();
	});

	test(`strategy detail, chart table, kill dialog at ${width} px, ${theme}`, async () => {
		mock?.reset();
		const page = await open("strategies", { width, theme });
		await settled(page);
		await page.click("td a");
		await settled(page);
		await check(page, "strategy");
		await page.evaluate(() => { location.hash = "#/charts?view=table"; });
		await settled(page);
		await check(page, "chart as table");
		await page.click("button.kill");
		await page.click(".rung >> nth=2");
		await check(page, "kill dialog");
		await page.context().close();
	});

	test(`empty pages at ${width} px, ${theme}`, mockOnly, async () => {
		mock.reset();
		mock.state.empty = true;
		const page = await open("overview", { width, theme });
		for (const name of PAGES.filter((p) => p !== "charts" && p !== "about")) {
			await page.evaluate((hash) => { location.hash = hash; }, `#/${name}`);
			await settled(page);
			assert.ok(await page.$(".empty"), `${name} says that it is empty`);
			await check(page, `empty ${name}`);
		}
		await page.context().close();
	});
}

/** A column that is cut off is a number that nobody sees, or a Cancel that nobody finds. */
test("on a laptop no table hides a column", async () => {
	mock?.reset();
	const page = await open("positions", { width: 1024 });
	for (const name of PAGES) {
		await page.evaluate((hash) => { location.hash = hash; }, `#/${name}`);
		await settled(page);
		const hidden = await page.$$eval(".scroll", (all) => all.map((e) => [e.getAttribute("aria-label"), e.scrollWidth - e.clientWidth]).filter(([, over]) => over > 0));
		assert.deepEqual(hidden, [], `${name}: what is cut off, and by how many px`);
	}
	await page.context().close();
});

test("mode is on every page", async () => {
	mock?.reset();
	const page = await open();
	for (const name of PAGES) {
		await page.evaluate((hash) => { location.hash = hash; }, `#/${name}`);
		await settled(page);
		assert.match(await page.textContent("header.top .mode"), /^(DEMO|REPLAY|PAPER|LIVE)$/);
		assert.ok(await page.isVisible("button.kill"));
	}
	await page.context().close();
});

test("targets are at least 24 px, 44 px on a phone's main controls", async () => {
	mock?.reset();
	const page = await open("overview", { width: 360 });
	await settled(page);
	const small = await page.$$eval("button, select, nav a", (all) => all.filter((e) => e.offsetParent).map((e) => [e.textContent, e.getBoundingClientRect()])
		.filter(([, box]) => box.height < 24 || box.width < 24).map(([text]) => text));
	assert.deepEqual(small, []);
	const low = await page.$$eval(".kill, nav a", (all) => all.filter((e) => e.offsetParent).map((e) => e.getBoundingClientRect().height).filter((h) => h < 44));
	assert.deepEqual(low, []);
	await page.context().close();
});
