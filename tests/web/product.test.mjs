// Commands against the real engine, with nothing between them but nginx and engine-api: each is given by the page as a user
// would, and believed only when the engine's own answer says so. Runs last: it pauses, kills and re-arms.

import assert from "node:assert/strict";
import { test } from "node:test";

import { axe, base, open, realOnly, settled } from "./harness.mjs";

const wait = (page, words) => page.waitForFunction((w) => document.body.textContent.includes(w), words, { timeout: 8000 });
const gone = (page, selector) => page.waitForFunction((s) => !document.querySelector(s), selector, { timeout: 8000 });

async function on(path, view) {
	const page = await open(path, view);
	await settled(page);
	return page;
}

const ask = (page, path) => page.evaluate((p) => fetch(p).then((r) => r.json()), path);

/** The engine says so, at once or soon. */
async function says(page, path, holds) {
	let answer;
	for (let i = 0; i < 40; i++) {
		answer = await ask(page, path);
		if (holds(answer)) return;
		await page.waitForTimeout(100);
	}
	assert.fail(`${path}: ${JSON.stringify(answer)}`);
}

async function rearm(page, reason) {
	await page.click("header.top >> text=Re-arm…");
	assert.ok(await page.isDisabled("dialog button.primary"));
	await page.fill("dialog input", reason);
	await page.click("dialog button.primary");
	await gone(page, "dialog");
	await says(page, "/api/status", (s) => s.state === "running" && s.kill === null);
}

test("a stranger is told how to get a link, and that a link works once", realOnly, async () => {
	const page = await open("overview", { signedIn: false });
	await wait(page, "You are not signed in");
	assert.match(await page.textContent("body"), /enginectl auth new-link/);
	assert.deepEqual(await axe(page), []);
	await page.fill("input", `${base}/#/login?code=${process.env.LOGIN_CODE}`);
	await page.click("button.primary");
	await wait(page, "Login link used or expired");
	assert.match(await page.textContent(".fault"), /make a new link: enginectl auth new-link/);
	assert.ok(!page.url().includes(process.env.LOGIN_CODE));
	await page.context().close();
});

test("a strategy is paused and resumed from its row", realOnly, async (t) => {
	const page = await on("strategies");
	const id = (await ask(page, "/api/strategies")).items.find((s) => s.state === "running")?.id; // a streak of losses locks some
	if (!id) {
		await page.context().close();
		return t.skip("every strategy is locked for the day");
	}
	const state = (name) => (all) => all.items.find((s) => s.id === id).state === name;
	await page.click(`button[aria-label="Pause ${id}"]`);
	await page.waitForSelector(`button[aria-label="Resume ${id}"]`);
	await says(page, "/api/strategies", state("paused"));
	await page.click(`button[aria-label="Resume ${id}"]`);
	await page.waitForSelector(`button[aria-label="Pause ${id}"]`);
	await says(page, "/api/strategies", state("running"));
	await page.context().close();
});

test("a parameter is edited; the engine refuses what is out of its bounds with a sentence", realOnly, async () => {
	const page = await on("strategies/amd");
	const value = (text) => (s) => s.params.find((p) => p.name === "entries_per_day").value === text;
	await page.fill("#f-entries_per_day", "7");
	await page.click("text=Review changes…");
	await page.click("dialog button.primary");
	await wait(page, "Parameters of amd are saved.");
	await says(page, "/api/strategies/amd", value("7"));
	const [status, problem] = await page.evaluate(async () => {
		const { csrf } = await fetch("/api/session").then((r) => r.json());
		const r = await fetch("/api/strategies/amd", { method: "PATCH", headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf }, body: '{"params":{"entries_per_day":"9999"}}' });
		return [r.status, await r.json()];
	});
	assert.equal(status, 422);
	assert.equal(problem.detail, 'entries_per_day must be 1 to 1000; "9999" was given');
	await says(page, "/api/strategies/amd", value("7"));
	await page.context().close();
});

test("the data's clock is held, stepped and sped up", realOnly, async (t) => {
	const page = await on("overview");
	if ((await ask(page, "/api/status")).feed.ended) {
		await wait(page, "the data has ended");
		await page.context().close();
		return t.skip("the data has ended: there is nothing to hold");
	}
	const feed = (holds) => says(page, "/api/status", (s) => holds(s.feed));
	await page.click(".replay >> text=Hold");
	await page.waitForSelector(".replay >> text=Play");
	await feed((f) => f.paused);
	const { rows } = (await ask(page, "/api/status")).feed;
	await page.click(".replay >> text=Step");
	await feed((f) => f.rows > rows);
	await page.selectOption(".replay select", "10");
	await feed((f) => f.speed === "10");
	await page.click(".replay >> text=Play");
	await feed((f) => !f.paused);
	await page.context().close();
});

test("kill, rung one: pause; resume", realOnly, async () => {
	const page = await on("overview");
	await page.click("button.kill");
	await page.click(".rung >> nth=0");
	await says(page, "/api/status", (s) => s.state === "paused" && s.kill === null);
	await wait(page, "Entries are paused");
	await page.click("header.top >> text=Resume…");
	await page.click("dialog button.primary");
	await says(page, "/api/status", (s) => s.state === "running");
	await page.context().close();
});

test("kill, rung two: stop is latched and re-armed with a reason", realOnly, async () => {
	const page = await on("overview");
	await page.click("button.kill");
	await page.click(".rung >> nth=1");
	await page.click("text=Stop strategies");
	await says(page, "/api/status", (s) => s.kill?.rung === "stop");
	await wait(page, "Kill latched: stop");
	assert.deepEqual(await axe(page), []);
	await rearm(page, "the test goes on");
	await page.context().close();
});

test("kill, rung three: held, everything is flat and locked, then re-armed", realOnly, async () => {
	const page = await on("positions", { width: 360 });
	await page.click("button.kill");
	await page.click(".rung >> nth=2");
	const box = await (await page.$("button.hold")).boundingBox();
	await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
	await page.mouse.down();
	await page.waitForTimeout(1700);
	await page.mouse.up();
	await says(page, "/api/status", (s) => s.kill?.rung === "flatten");
	await wait(page, "No open position.");
	await says(page, "/api/positions", (p) => p.items.every((i) => i.qty === 0));
	await page.click("dialog >> text=Close");
	await wait(page, "Kill latched: flatten");
	await rearm(page, "the test is done");
	await page.context().close();
});

test("every command is in the events, with who gave it", realOnly, async () => {
	const page = await on("events");
	await wait(page, "the test is done");
	for (const words of ["kill_flatten by session:", "amd: entries_per_day set to 7 by session:", "resume by session:"]) await wait(page, words);
	await page.context().close();
});
