// The vocabulary of states: starting, engine down, stale, error, locked links, modes, signed out, login.

import assert from "node:assert/strict";
import { test } from "node:test";

import { axe, base, mock, mockOnly, open, settled } from "./harness.mjs";
import { CODE } from "./mock.mjs";

const text = (page, selector = "body") => page.textContent(selector);
const wait = (page, words) => page.waitForFunction((w) => document.body.textContent.includes(w), words, { timeout: 8000 });

async function on(path, prepare, view) {
	mock.reset();
	prepare?.(mock.state);
	return open(path, view);
}

test("engine starting: steps as they come, then the page", mockOnly, async () => {
	const page = await on("overview", (s) => { s.status.state = "starting"; s.status.step = "journal_replay"; s.status.day.pnl = null; });
	await wait(page, "The engine is starting");
	mock.state.status.step = "instruments";
	await wait(page, "journal replay ✓");
	await wait(page, "instruments …");
	assert.deepEqual(await axe(page), []);
	mock.state.status.state = "running";
	await page.waitForSelector("#p-money");
	await page.context().close();
});

test("engine down: last values stay with their time, then it comes back", mockOnly, async () => {
	const page = await on("overview");
	await settled(page);
	mock.state.down = true;
	await wait(page, "The engine does not answer");
	assert.match(await text(page, ".banner.bad"), /as of \d\d:\d\d:\d\d IST/);
	assert.match(await text(page, "#p-money"), /Account/);
	assert.ok(await page.$("header.top.stale"), "the header's values are shown as old");
	assert.match(await text(page, ".tiles"), /₹16,234\.50/);
	await page.waitForSelector(".panel.stale", { timeout: 8000 });
	assert.match(await text(page, ".panel.stale header"), /stale · as of/);
	assert.deepEqual(await axe(page), []);
	assert.ok(await page.isEnabled("button.kill"));
	mock.state.down = false;
	await page.waitForFunction(() => !document.querySelector(".banner.bad"), null, { timeout: 20000 });
	await page.context().close();
});

test("server not reachable is another fact than engine down", mockOnly, async () => {
	const page = await on("overview");
	await settled(page);
	await page.context().setOffline(true);
	await wait(page, "This browser cannot reach the server");
	await page.context().setOffline(false);
	await page.context().close();
});

test("a panel's error has cause, code and Retry; the rest of the page goes on", mockOnly, async () => {
	const page = await on("overview", (s) => s.broken.add("/api/risk"));
	await page.waitForSelector(".fault");
	assert.match(await text(page, ".fault"), /Internal error.*internal.*Try again/);
	assert.match(await text(page, ".tiles"), /₹/);
	assert.deepEqual(await axe(page), []);
	mock.state.broken.clear();
	await page.click(".fault button");
	await page.waitForSelector(".riskbar");
	await page.context().close();
});

test("broker and data lost are told apart", mockOnly, async () => {
	const page = await on("overview", (s) => { s.status.broker.connected = false; s.status.feed.up = false; });
	await wait(page, "Broker not connected");
	await wait(page, "Market data is down");
	assert.match(await text(page, ".chips"), /Data down/);
	await page.context().close();
});

test("unknown is a dash with its reason, never zero", mockOnly, async () => {
	const page = await on("positions");
	await settled(page);
	const cell = await page.$('[data-src="positions.items.1.pnl"]');
	assert.equal(await cell.textContent(), "—");
	assert.match(await cell.getAttribute("title"), /missing/);
	await page.evaluate(() => { location.hash = "#/history"; });
	await settled(page);
	assert.match(await text(page, "table"), /—\s+known -₹346\.90 partial/);
	await page.context().close();
});

test("live has a red border and its word; paper and live have no stripe; replay and demo have", mockOnly, async () => {
	for (const [mode, stripe] of [["live", false], ["paper", false], ["replay", true], ["demo", true]]) {
		const page = await on("positions", (s) => { s.status.mode = mode; s.status.now = new Date().toISOString(); });
		await settled(page);
		assert.equal(await text(page, "header.top .mode"), mode.toUpperCase());
		assert.equal(Boolean(await page.$(".stripe")), stripe, mode);
		assert.equal(await page.evaluate(() => getComputedStyle(document.body).borderTopWidth), mode === "live" ? "3px" : "0px");
		assert.deepEqual(await axe(page), []);
		await page.context().close();
	}
});

test("a device clock that is off is said", mockOnly, async () => {
	const page = await on("overview", (s) => { s.status.mode = "paper"; s.status.now = new Date(Date.now() - 20000).toISOString(); });
	await wait(page, "device ahead");
	await page.context().close();
});

test("closed market shows the next day, not a warning", mockOnly, async () => {
	const page = await on("overview", (s) => { s.status.session.phase = "closed"; s.status.feed.age_ms = 900000; });
	await wait(page, "next 11 Apr 2023");
	assert.equal(await page.$(".banner.bad"), null);
	await page.context().close();
});

test("signed out: how to get a link; the link signs in once and leaves no code behind", mockOnly, async () => {
	const page = await on("overview", (s) => { s.signedIn = false; });
	await wait(page, "You are not signed in");
	assert.match(await text(page), /enginectl auth new-link/);
	assert.deepEqual(await axe(page), []);
	await page.fill("input", `${base}/#/login?code=${CODE}`);
	await page.click("button.primary");
	await page.waitForSelector("#p-money");
	assert.ok(!page.url().includes(CODE));
	const again = await open(`login?code=${CODE}`);
	await wait(again, "Link already used");
	assert.ok(!again.url().includes(CODE));
	await again.context().close();
	await page.context().close();
});

test("a session that ends shows the login page", mockOnly, async () => {
	const page = await on("orders");
	await settled(page);
	mock.state.signedIn = false;
	await wait(page, "You are not signed in");
	await page.context().close();
});

test("an unknown address says so", async () => {
	mock?.reset();
	const page = await open("nowhere");
	await wait(page, "There is no page");
	await page.context().close();
});
