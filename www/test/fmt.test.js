import assert from "node:assert/strict";
import { test } from "node:test";

import * as fmt from "../src/lib/fmt.js";

test("money in the Indian way", () => {
	const rows = [["1234567.50", "₹12,34,567.50"], ["-1234567.50", "-₹12,34,567.50"], ["0.00", "₹0.00"], ["999.00", "₹999.00"], ["1000.00", "₹1,000.00"], ["99999.99", "₹99,999.99"],
		["100000.00", "₹1,00,000.00"], ["10000000.00", "₹1,00,00,000.00"], ["-0.001", "₹0.00"], ["0.005", "₹0.01"], [15000, "₹15,000.00"], [null, "—"], [undefined, "—"], ["n/a", "—"]];
	for (const [value, shown] of rows) assert.equal(fmt.money(value), shown);
});

test("profit and loss carries its sign except at zero as shown", () => {
	const rows = [["1.00", "+₹1.00"], ["-1.00", "-₹1.00"], ["0.00", "₹0.00"], ["-0.001", "₹0.00"], ["0.004", "₹0.00"], [null, "—"]];
	for (const [value, shown] of rows) assert.equal(fmt.signed(value), shown);
});

test("price: two decimals, up to four when it has them", () => {
	const rows = [["24150.50", "24,150.50"], ["24150.5", "24,150.50"], ["0.05", "0.05"], ["101.2333", "101.2333"], ["101.2500", "101.25"], ["101.125", "101.125"], ["7", "7.00"], [null, "—"]];
	for (const [value, shown] of rows) assert.equal(fmt.price(value), shown);
});

test("compact: lakh and crore, crore beyond", () => {
	const rows = [["99999.99", "₹99,999.99"], ["100000.00", "₹1.00 L"], ["150000.00", "₹1.50 L"], ["36000000.00", "₹3.60 Cr"], ["36000000000.00", "₹3,600.00 Cr"], ["-150000.00", "-₹1.50 L"], [null, "—"]];
	for (const [value, shown] of rows) assert.equal(fmt.compact(value), shown);
});

test("counts, shares, limits", () => {
	assert.equal(fmt.int(1234567), "12,34,567");
	assert.equal(fmt.int(-75), "-75");
	assert.equal(fmt.int(null), "—");
	assert.equal(fmt.int(0), "0");
	assert.deepEqual(["4.00", "1.25", "10.00", "0.00", "100"].map(fmt.pct), ["4%", "1.25%", "10%", "0%", "100%"]);
});

test("time is IST whatever the offset", () => {
	assert.equal(fmt.time("2026-11-23T09:15:00.123+05:30"), "09:15:00");
	assert.equal(fmt.time("2026-11-23T03:45:00Z"), "09:15:00");
	assert.equal(fmt.millis("2026-11-23T09:15:00.123+05:30"), "09:15:00.123");
	assert.equal(fmt.minute("2026-11-23T15:30:00+05:30"), "15:30");
	assert.equal(fmt.date("2026-09-10"), "10 Sep 2026");
	assert.equal(fmt.date("2026-09-09T20:00:00Z"), "10 Sep 2026");
	assert.equal(fmt.datetime("2026-09-10T09:15:00+05:30"), "10 Sep 09:15:00");
	for (const bad of [null, undefined, "", "yesterday"]) assert.equal(fmt.time(bad), "—");
});

test("durations: the two largest units, no 60 s", () => {
	const rows = [[0, "0 ms"], [40, "40 ms"], [999, "999 ms"], [2100, "2.1 s"], [59949, "59.9 s"], [59950, "1 m 0 s"], [192000, "3 m 12 s"], [8040000, "2 h 14 m"], [273600000, "3 d 4 h"], [null, "—"], [-5, "0 ms"]];
	for (const [ms, shown] of rows) assert.equal(fmt.duration(ms), shown);
	assert.equal(fmt.seconds(null), "—");
});

test("words", () => {
	assert.equal(fmt.words("day_loss"), "day loss");
	assert.equal(fmt.text(""), "—");
	assert.equal(fmt.upper("replay"), "REPLAY");
	assert.deepEqual([true, false, null].map(fmt.yesno), ["yes", "no", "—"]);
	assert.deepEqual(["1.00", "-1.00", "0.00", null].map(fmt.arrow), ["▲", "▼", "", ""]);
});

test("every format shows the unknown as a dash", () => {
	for (const [name, format] of Object.entries(fmt.FORMATS)) assert.equal(format(null), "—", name);
});

test("property: grouping keeps digits, cuts 3 then 2s", () => {
	for (let n = 1n; n < 10n ** 18n; n = n * 7n + 3n) {
		const shown = fmt.group(String(n));
		assert.equal(shown.replaceAll(",", ""), String(n));
		assert.match(shown, /^\d{1,3}$|^\d{1,2}(,\d\d)*,\d{3}$/);
	}
});

test("property: money of negatives mirrors positives", () => {
	for (let paise = 1; paise < 10 ** 13; paise = paise * 3 + 1) {
		const text = `${Math.floor(paise / 100)}.${String(paise % 100).padStart(2, "0")}`;
		assert.equal(fmt.money(`-${text}`), `-${fmt.money(text)}`);
		assert.equal(fmt.money(text).replace(/[₹,]/g, ""), text);
	}
});
