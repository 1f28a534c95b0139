import assert from "node:assert/strict";
import { test } from "node:test";

import { add, decode, scaled, sign, units, unscaled } from "../src/lib/decimal.js";

test("decode keeps decimals as the text that came", () => {
	assert.deepEqual(decode('{"a":12.50,"b":-0.0001,"c":7,"d":null,"e":[1.10,true]}'), { a: "12.50", b: "-0.0001", c: 7, d: null, e: ["1.10", true] });
});

test("decode leaves numbers inside strings alone", () => {
	const text = String.raw`{"t":"left at 1.50, \"2.25\" \\","k 3.5":1.50}`;
	assert.deepEqual(decode(text), { t: 'left at 1.50, "2.25" \\', "k 3.5": "1.50" });
});

test("decode keeps more digits than a double holds", () => {
	assert.equal(decode("[9007199254740993.0001]")[0], "9007199254740993.0001");
});

test("decode throws on what is not JSON", () => {
	assert.throws(() => decode("<html>"), SyntaxError);
});

test("0.1 + 0.2 is 0.3 and unknown stays unknown", () => {
	assert.equal(add("0.10", "0.20"), "0.3000");
	assert.equal(add("1.00", null), null);
	assert.equal(add("1.00", "1.00001"), null);
	assert.equal(add("-5.05", "5.05"), "0.0000");
});

test("scaled rounds half away from zero, on both sides", () => {
	assert.deepEqual(["1.005", "-1.005", "1.0049", "0.995"].map((x) => scaled(x, 2)), [101n, -101n, 100n, 100n]);
	assert.deepEqual([null, undefined, "", "x", "1,000", "1."].map((x) => scaled(x, 2)), [null, null, null, null, null, null]);
});

test("sign", () => {
	assert.deepEqual(["-0.01", "0.00", "-0.00", 3, null, "abc"].map(sign), [-1, 0, 0, 1, null, null]);
});

test("property: text to units and back", () => {
	let seed = 12345;
	const next = (n) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
	for (let i = 0; i < 2000; i++) {
		const text = `${next(2) ? "-" : ""}${next(2000000000)}.${String(next(10000)).padStart(4, "0")}`;
		assert.equal(unscaled(units(text), 4), text.replace(/^-(0\.0000)$/, "$1"));
	}
});
