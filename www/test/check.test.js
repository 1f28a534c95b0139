import assert from "node:assert/strict";
import { test } from "node:test";

import { check } from "../src/lib/check.js";

const ROWS = [
	[{ type: "int", min: "1", max: "1000" }, { 1: null, 1000: null, 0: "is below 1", 1001: "is above 1000", 1.5: "wants a whole number", "": "wants a whole number", x: "wants a whole number" }],
	[{ type: "int", min: "-5", max: "9" }, { "-5": null, "-6": "is below -5", 10: "is above 9" }],
	[{ type: "decimal", min: "0.01", max: "20" }, { 0.01: null, "20": null, "20.0000": null, "0.0099": "is below 0.01", "20.0001": "is above 20", "1.00001": "wants a number with at most four decimals", "1,5": "wants a number with at most four decimals" }],
	[{ type: "decimal", min: null, max: null }, { "-99999": null }],
	[{ type: "time", min: "00:00", max: "24:00" }, { "09:20": null, "24:00": null, "24:01": "wants a time such as 09:20", "9:20": "wants a time such as 09:20", "09:60": "wants a time such as 09:20" }],
	[{ type: "bool", min: "", max: "" }, { true: null }],
	[{ type: "choice", min: "0", max: "3" }, { option: null }],
];

for (const [param, texts] of ROWS) {
	test(`${param.type} ${param.min} to ${param.max}`, () => {
		for (const [text, wanted] of Object.entries(texts)) assert.equal(check(param, text), wanted, text);
	});
}
