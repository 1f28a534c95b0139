// Every command: the right POST with the CSRF token and an idempotency key, by mouse and by keyboard, and what the user sees
// when it is refused.

import assert from "node:assert/strict";
import { test } from "node:test";

import { mock, mockOnly, open, REAL, settled } from "./harness.mjs";

const wait = (page, words) => page.waitForFunction((w) => document.body.textContent.includes(w), words, { timeout: 8000 });
const gone = (page, selector) => page.waitForFunction((s) => !document.querySelector(s), selector, { timeout: 8000 });

async function on(path, prepare, view) {
	mock?.reset();
	if (mock) prepare?.(mock.state);
	const page = await open(path, view);
	await settled(page);
	return page;
}

const sent = () => mock.requests.filter((r) => r.method !== "GET");

function proved(request, path, body) {
	assert.equal(request.path, path);
	assert.deepEqual(request.body, body);
	assert.equal(request.headers["x-csrf-token"], "csrf-of-the-mock");
	assert.match(request.headers["idempotency-key"], /^[0-9a-f]{32}$/);
}

async function hold(page, ms) {
	const box = await (await page.$("button.hold")).boundingBox();
	await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
	await page.mouse.down();
	await page.waitForTimeout(ms);
	await page.mouse.up();
}

test("kill, rung one: pause at once", mockOnly, async () => {
	const page = await on("overview");
	await page.click("button.kill");
	await page.click(".rung >> nth=0");
	await wait(page, "Entries are paused");
	proved(sent()[0], "/api/kill", { rung: "pause", reason: "dashboard" });
	await gone(page, "dialog");
	await page.context().close();
});

test("kill, rung two: asks with the focus on keeping, then stops", mockOnly, async () => {
	const page = await on("overview");
	await page.click("button.kill");
	await page.click(".rung >> nth=1");
	assert.equal(sent().length, 0);
	await wait(page, "entry · open");
	await page.click("text=Stop strategies");
	await wait(page, "Kill latched: stop");
	proved(sent()[0], "/api/kill", { rung: "stop", reason: "dashboard" });
	await page.context().close();
});

test("kill, rung three by mouse: a short press does nothing, 1.5 s flattens and shows the progress", mockOnly, async () => {
	const page = await on("overview");
	await page.click("button.kill");
	await page.click(".rung >> nth=2");
	await hold(page, 700);
	await page.waitForTimeout(1200);
	assert.equal(sent().length, 0);
	await hold(page, 1700);
	await wait(page, "Still open");
	await wait(page, "No open position.");
	proved(sent()[0], "/api/kill", { rung: "flatten", reason: "dashboard" });
	assert.equal(sent().length, 1);
	await page.context().close();
});

test("kill, rung three by keyboard alone: Ctrl+Shift+K, type FLATTEN, Enter", mockOnly, async () => {
	const page = await on("events");
	await page.keyboard.press("Control+Shift+K");
	await page.waitForSelector("dialog[open]");
	for (let i = 0; i < 2; i++) await page.keyboard.press("Tab");
	await page.keyboard.press("Enter");
	await page.waitForSelector("button.hold");
	for (let i = 0; i < 2; i++) await page.keyboard.press("Tab");
	await page.keyboard.type("FLATTE");
	await page.keyboard.press("Enter");
	assert.equal(sent().length, 0);
	await page.keyboard.type("N");
	await page.keyboard.press("Enter");
	await wait(page, "Still open");
	proved(sent()[0], "/api/kill", { rung: "flatten", reason: "dashboard" });
	await page.keyboard.press("Escape");
	await gone(page, "dialog");
	await wait(page, "Kill latched: flatten");
	await page.context().close();
});

test("kill on a phone: the button is in the header of every page", mockOnly, async () => {
	const page = await on("more", null, { width: 360 });
	await page.click("button.kill");
	await page.click(".rung >> nth=0");
	await wait(page, "Entries are paused");
	await page.context().close();
});

test("kill that is not confirmed says so and gives the command line", mockOnly, async () => {
	const page = await on("overview", (s) => { s.failKill = true; });
	await page.click("button.kill");
	await page.click(".rung >> nth=0");
	await wait(page, "The engine did not confirm.");
	await wait(page, "enginectl kill pause");
	await page.context().close();
});

test("Esc closes the kill dialog and gives the focus back", async () => {
	const page = await on("overview");
	await page.focus("button.kill");
	await page.keyboard.press("Enter");
	await page.waitForSelector("dialog[open]");
	await page.keyboard.press("Escape");
	await gone(page, "dialog");
	await page.waitForFunction(() => document.activeElement.className === "kill"); /* the focus goes back after the dialog is gone */
	await page.context().close();
});

test("NOT FLAT stands on every page until it is acknowledged", mockOnly, async () => {
	const page = await on("orders", (s) => { s.status.not_flat = { text: "NOT FLAT after a shutdown", since: s.status.now, times: 1, positions: 2, orders: 0, positions_now: 2 }; });
	await wait(page, "NOT FLAT after a shutdown");
	await wait(page, "enginectl acknowledge not-flat");
	await page.context().close();
});

test("re-arming wants a reason", mockOnly, async () => {
	const page = await on("overview", (s) => { s.status.state = "locked"; s.status.kill = { rung: "flatten", by: "uid:0", reason: "test", at: s.status.now }; });
	await wait(page, "Kill latched: flatten");
	await page.click(".banner button");
	assert.ok(await page.isDisabled("dialog button.primary"));
	await page.fill("dialog input", "checked the broker's book");
	await page.click("dialog button.primary");
	await gone(page, "dialog");
	proved(sent()[0], "/api/resume", { reason: "checked the broker's book" });
	await page.context().close();
});

test("pause is one step, resume asks", async () => {
	const page = await on("overview");
	await page.click("header.top >> text=Pause");
	await page.waitForSelector("header.top >> text=Resume…");
	await page.click("header.top >> text=Resume…");
	await page.click("dialog button.primary");
	await page.waitForSelector("header.top >> text=Pause");
	if (!REAL) assert.deepEqual(sent().map((r) => r.path), ["/api/pause", "/api/resume"]);
	await page.context().close();
});

test("one strategy is paused and resumed from its row", mockOnly, async () => {
	const page = await on("strategies");
	await page.click('button[aria-label="Pause amd"]');
	await page.waitForSelector('button[aria-label="Resume amd"]');
	proved(sent()[0], "/api/strategies/amd/pause", { reason: "dashboard" });
	await page.context().close();
});

test("parameters: range is checked here, the diff is shown, only the change is sent, a 422 is told", mockOnly, async () => {
	const page = await on("strategies/amd");
	assert.ok(await page.isDisabled("text=Review changes…"));
	await page.fill("#f-entries_per_day", "0");
	await wait(page, "is below 1");
	assert.ok(await page.isDisabled("text=Review changes…"));
	await page.fill("#f-entries_per_day", "999");
	await page.click("text=Review changes…");
	assert.match(await page.textContent("dialog table"), /entries_per_day\s*6\s*999/);
	assert.equal(sent().length, 0);
	await page.click("dialog button.primary");
	await wait(page, "entries_per_day: 999 given, allowed are 1 to 1000");
	proved(sent()[0], "/api/strategies/amd", { params: { entries_per_day: "999" } });
	await page.click("dialog >> text=Back");
	assert.equal(await page.inputValue("#f-entries_per_day"), "999", "a refused edit is not lost");
	await page.fill("#f-entries_per_day", "5");
	await page.click("text=Review changes…");
	await page.click("dialog button.primary");
	await wait(page, "Parameters of amd are saved.");
	assert.equal(sent()[1].method, "PATCH");
	await page.context().close();
});

test("an edit survives the polling underneath", mockOnly, async () => {
	const page = await on("strategies/amd");
	await page.fill("#f-rsi_low", "35");
	mock.state.detail.params[0].value = "3";
	await page.waitForFunction(() => document.getElementById("f-bar").value === "3", null, { timeout: 8000 });
	assert.equal(await page.inputValue("#f-rsi_low"), "35");
	await page.context().close();
});

test("who may only read cannot press, and is told why", mockOnly, async () => {
	const page = await on("strategies/amd", (s) => { s.role = "read"; });
	assert.ok(await page.isDisabled('button[aria-label="Pause amd"]'));
	await wait(page, "needs the admin role; you have read");
	await page.context().close();
});

test("replay: hold, step, speed", mockOnly, async () => {
	const page = await on("overview");
	await page.click(".replay >> text=Hold");
	await page.waitForSelector(".replay >> text=Play");
	await page.click(".replay >> text=Step");
	await page.selectOption(".replay select", "max");
	await wait(page, "Speed max.");
	assert.deepEqual(sent().map((r) => r.body), [{ paused: true }, { step: 60 }, { speed: "max" }]);
	await page.context().close();
});

test("keys: g p goes, t changes the theme, ? lists, . pauses, Space freezes; letters can be switched off", async () => {
	const page = await on("overview");
	await page.keyboard.press("g");
	await page.keyboard.press("p");
	await page.waitForFunction(() => location.hash === "#/positions");
	await page.keyboard.press("t");
	assert.equal(await page.getAttribute("html", "data-theme"), "light");
	await page.keyboard.press("Space");
	await wait(page, "Values are frozen.");
	await page.keyboard.press("Space");
	await page.keyboard.press("?");
	await page.click("dialog input[type=checkbox]");
	await page.keyboard.press("Escape");
	await gone(page, "dialog");
	await page.keyboard.press("t");
	assert.equal(await page.getAttribute("html", "data-theme"), "light");
	if (!REAL) {
		await page.keyboard.press(".");
		await page.waitForTimeout(300);
		assert.equal(sent().length, 0, "letters are off");
	}
	await page.context().close();
});

test("the key . pauses", mockOnly, async () => {
	const page = await on("overview");
	await page.keyboard.press(".");
	await wait(page, "Entries are paused.");
	proved(sent()[0], "/api/pause", { reason: "dashboard" });
	await page.context().close();
});

async function filled(page) {
	await page.click("text=Order by hand");
	await page.fill("[name=symbol]", "BANKNIFTY2341340800CE");
	await page.fill("[name=qty]", "25");
	await page.fill("[name=price]", "250.05");
	await page.click("text=Preview…");
	await page.waitForSelector("dialog[open]");
}

test("an order by hand: the verdict and the cost first, then the order, twice under one key when no answer came", mockOnly, async () => {
	const page = await on("orders", (state) => { state.placeFails = 1; });
	await filled(page);
	const body = { symbol: "BANKNIFTY2341340800CE", side: "buy", qty: 25, price: "250.05", product: "MIS" };
	assert.deepEqual(sent().map((r) => r.path), ["/api/orders/preview"]);
	assert.deepEqual(sent()[0].body, body);
	await wait(page, "6,251.25");
	await page.click("text=Place order");
	await wait(page, "No answer in time");
	await page.click("text=Place order");
	await wait(page, "is placed");
	const placed = sent().slice(1);
	for (const request of placed) proved(request, "/api/orders", body);
	assert.equal(placed.length, 2);
	assert.equal(placed[0].headers["idempotency-key"], placed[1].headers["idempotency-key"]);
	await gone(page, "dialog");
	await page.context().close();
});

test("an order by hand that the gate refuses cannot be placed, and says why", mockOnly, async () => {
	const page = await on("orders", (state) => { state.refuses = true; });
	await filled(page);
	await wait(page, "the price is outside the band");
	assert.equal(await page.isDisabled("text=Place order"), true);
	await page.keyboard.press("Escape");
	await gone(page, "dialog");
	assert.equal(sent().length, 1);
	await page.context().close();
});

test("an order at work is cancelled, one that may not be has no button", mockOnly, async () => {
	const page = await on("orders");
	assert.equal(await page.locator("table button").count(), 1);
	await page.click("table button");
	await wait(page, "is on its way");
	assert.equal(sent()[0].method, "DELETE");
	assert.equal(sent()[0].path, "/api/orders/173");
	assert.equal(sent()[0].headers["x-csrf-token"], "csrf-of-the-mock");
	await page.context().close();
});

test("who may only read can neither place nor cancel", mockOnly, async () => {
	const page = await on("orders", (state) => { state.role = "read"; });
	await page.click("text=Order by hand");
	await page.fill("[name=symbol]", "X");
	await page.fill("[name=qty]", "25");
	assert.equal(await page.isDisabled("text=Preview…"), true);
	assert.equal(await page.isDisabled("table button"), true);
	await page.context().close();
});
