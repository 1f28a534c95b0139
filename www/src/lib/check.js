// Checks a parameter's text against its type and bounds while it is typed. The engine decides; this saves a round trip.

import { units } from "./decimal.js";

const SHAPES = { int: /^-?\d+$/, decimal: /^-?\d+(\.\d{1,4})?$/, time: /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$|^24:00$/ };
const WANTED = { int: "a whole number", decimal: "a number with at most four decimals", time: "a time such as 09:20" };

/** What is wrong with a text, or null. */
export function check(param, text) {
	const shape = SHAPES[param.type];
	if (!shape) return null;
	if (!shape.test(text)) return `wants ${WANTED[param.type]}`;
	const [low, high] = [param.min, param.max];
	const before = param.type === "time" ? (a, b) => a < b : (a, b) => units(a) < units(b);
	const bounded = (bound) => bound !== null && bound !== undefined && bound !== "" && shape.test(bound);
	if (bounded(low) && before(text, low)) return `is below ${low}`;
	if (bounded(high) && before(high, text)) return `is above ${high}`;
	return null;
}
