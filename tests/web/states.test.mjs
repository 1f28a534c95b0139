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

test("an engine that hangs is not to be started a second time", mockOnly, async () => {
	const page = await on("overview");
	await settled(page);
	await page.route("**/api/status", (r) => r.fulfill({ status: 504, contentType: "application/problem+json",
		body: JSON.stringify({ code: "timeout", title: "No answer in time", detail: "the engine did not answer within 5 seconds", remedy: "look at the state before trying again" }) }));
	await wait(page, "The engine does not answer");
	assert.match(await text(page, ".banner.bad"), /timeout.*IST\..*hangs or is overloaded/s);
	assert.doesNotMatch(await text(page, ".banner.bad"), /Start it/);
	await page.context().close();
});

test("real money is said where there is some: in live alone", mockOnly, async () => {
	for (const [mode, said] of [["demo", false], ["replay", false], ["paper", false], ["live", true]]) {
		const page = await on("strategies", (s) => { s.status.mode = mode; s.strategies.items[0].live = true; });
		await settled(page);
		assert.equal((await text(page, "tbody")).includes("real money"), said, mode);
		await page.context().close();
	}
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

test("a day that a limit locked says which limit, and that nothing will be entered", mockOnly, async () => {
	const page = await on("overview", (s) => {
		Object.assign(s.status.day, { locked: true, lock: "too much of the day's profit was given back; locked until tomorrow" });
		s.empty = true;
	});
	await settled(page);
	assert.match(await text(page, ".banner"), /Entries are off: too much of the day's profit was given back/);
	assert.match(await text(page, ".chips"), /running, day locked/);
	assert.match(await text(page, "#p-open >> xpath=../.."), /No open position\. No entries until the next trading day\./);
	await page.context().close();
});

test("no position while the session is closed does not promise one", mockOnly, async () => {
	const page = await on("overview", (s) => { s.empty = true; s.status.session.phase = "closed"; });
	await settled(page);
	assert.match(await text(page, "#p-open >> xpath=../.."), /the session is not open/);
	await page.context().close();
});

test("what is not of today has its date", mockOnly, async () => {
	let page = await on("events");
	await settled(page);
	assert.match(await text(page, ".log li"), /^\d\d:\d\d:\d\d\.\d{3}/);
	await page.context().close();
	page = await on("events", (s) => { s.status.now = "2023-04-11T09:20:00.000+05:30"; });
	await settled(page);
	assert.match(await text(page, ".log li"), /^10 Apr \d\d:\d\d:\d\d\.\d{3}/);
	assert.deepEqual(await axe(page), []);
	await page.evaluate(() => { location.hash = "#/positions"; });
	await settled(page);
	assert.match(await text(page, "tbody"), /10 Apr 10:26:04/);
	await page.context().close();
});

test("the limits of the settings are told once, not with the engine's state behind each", mockOnly, async () => {
	const page = await on("about");
	const at = "2023-04-10T09:15:00.000+05:30";
	const item = (seq, kind, words, data) => ({ seq, at, kind, symbol: null, text: words, data: { seq, at, strategy: null, ...data } });
	await page.route("**/api/events*", (r) => r.fulfill({ json: { items: [item(3, "state", "engine paused by uid:0: lunch", { principal: "uid:0" }),
		item(2, "state", "engine running by config", { principal: "config" }), item(1, "command", "limit day_loss_pct set to 4.00 % by config", { principal: "config" })], next: null } }));
	await page.evaluate(() => { location.hash = "#/events"; });
	await settled(page);
	assert.equal((await page.$$(".log li")).length, 2);
	assert.match(await text(page, ".log"), /engine paused by uid:0: lunch.*limit day_loss_pct set to 4\.00 % by config/s);
	await page.context().close();
});

test("the day's sums are named, also where a phone has no headings, and lead to the trades they hold", mockOnly, async () => {
	const page = await on("positions", null, { width: 360 });
	await settled(page);
	assert.deepEqual(await page.$$eval("tfoot td:not(:empty)", (all) => all.map((e) => getComputedStyle(e, "::before").content)), ['"P&L, net"', '"Realised"', '"Charges"']);
	assert.equal(await page.getAttribute("tfoot a", "href"), "#/history");
	assert.match(await text(page, "tfoot th"), /of all 3 closed and open/);
	await page.context().close();
});

test("cash at the broker is shown where there is a broker, a dash while it has not told", mockOnly, async () => {
	const page = await on("overview");
	await settled(page);
	assert.doesNotMatch(await text(page, ".tiles"), /Cash at the broker/);
	await page.route("**/api/balance", async (r) => {
		const answer = await (await r.fetch()).json();
		await r.fulfill({ json: { ...answer, source: "kotak", funds: { cash: null, margin_used: null, collateral: null, age_ms: null } } });
	});
	await wait(page, "Cash at the broker");
	assert.match(await text(page, ".tiles"), /Cash at the broker—/);
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
