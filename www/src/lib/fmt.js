// How Indian traders read numbers: 3-2-2 grouping, lakh and crore, IST on a 24 h clock. Made by hand because browsers
// differ (Intl prints 3.6KCr, Sept, 36T). What is unknown is a dash, never 0. Pure: no DOM, no clock.

import { scaled, sign, unscaled } from "./decimal.js";

export const UNKNOWN = "—";
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const IST_MS = 19800000;
const LAKH = 100000n;
const CRORE = 10000000n;

/** "1234567" -> "12,34,567" */
export function group(digits) {
	if (digits.length <= 3) return digits;
	const head = digits.slice(0, -3).replace(/\B(?=(\d\d)+$)/g, ",");
	return `${head},${digits.slice(-3)}`;
}

function fixed(value, places) {
	const n = scaled(value, places);
	if (n === null) return null;
	const [whole, part] = unscaled(n < 0n ? -n : n, places).split(".");
	return { minus: n < 0n, zero: n === 0n, text: group(whole) + (part ? "." + part : "") };
}

/** ₹12,34,567.50 */
export function money(value) {
	const f = fixed(value, 2);
	return f ? `${f.minus ? "-" : ""}₹${f.text}` : UNKNOWN;
}

/** Profit and loss: always with its sign, except exactly (as shown) zero. */
export function signed(value) {
	const f = fixed(value, 2);
	if (!f) return UNKNOWN;
	return `${f.zero ? "" : f.minus ? "-" : "+"}₹${f.text}`;
}

/** Two decimals, up to four when the price has them. */
export function price(value) {
	const four = fixed(value, 4);
	if (!four) return UNKNOWN;
	return (four.minus ? "-" : "") + four.text.replace(/0{1,2}$/, "");
}

/** A reckoned level (a stop, a target) to two decimals: it need not be a price that can be traded. */
export function level(value) {
	const f = fixed(value, 2);
	return f ? (f.minus ? "-" : "") + f.text : UNKNOWN;
}

/** Length of a strategy's bars; 0 = every tick is one. */
export function bars(minutes) {
	if (minutes === null || minutes === undefined) return UNKNOWN;
	return Number(minutes) === 0 ? "every tick" : `${int(minutes)} min`;
}

/** ₹1.50 L, ₹3.60 Cr, ₹3,600.00 Cr; below a lakh as money. */
export function compact(value) {
	const paise = scaled(value, 2);
	if (paise === null) return UNKNOWN;
	const size = (paise < 0n ? -paise : paise) / 100n;
	if (size < LAKH) return money(value);
	const [unit, name] = size < CRORE ? [LAKH, "L"] : [CRORE, "Cr"];
	const hundredths = ((paise < 0n ? -paise : paise) + unit / 2n) / unit; // paise over rupees = hundredths of the unit
	return `${paise < 0n ? "-" : ""}₹${fixed(unscaled(hundredths, 2), 2).text} ${name}`;
}

/** Units, lots, counts. */
export function int(value) {
	const f = fixed(value, 0);
	return f ? (f.minus ? "-" : "") + f.text : UNKNOWN;
}

/** A limit or share with its own digits: 4.00 -> 4, 1.25 -> 1.25 */
export function number(value) {
	const f = fixed(value, 4);
	return f ? (f.minus ? "-" : "") + f.text.replace(/\.?0+$/, "") : UNKNOWN;
}

export function pct(value) {
	const f = fixed(value, 2);
	return f ? `${f.minus ? "-" : ""}${f.text.replace(/\.?0+$/, "")}%` : UNKNOWN;
}

/** +1 -> ▲, -1 -> ▼: the shape that says what colour says. */
export function arrow(value) {
	return { 1: "▲", "-1": "▼" }[sign(value)] ?? "";
}

function ist(stamp) {
	if (typeof stamp !== "string" && typeof stamp !== "number") return null;
	const ms = typeof stamp === "number" ? stamp : Date.parse(stamp);
	return Number.isFinite(ms) ? new Date(ms + IST_MS).toISOString() : null;
}

/** 09:15:00 */
export function time(stamp) {
	return ist(stamp)?.slice(11, 19) ?? UNKNOWN;
}

/** 09:15:00.123 */
export function millis(stamp) {
	return ist(stamp)?.slice(11, 23) ?? UNKNOWN;
}

/** 09:15 */
export function minute(stamp) {
	return ist(stamp)?.slice(11, 16) ?? UNKNOWN;
}

/** 10 Sep 2026, of a stamp or of a plain date */
export function date(stamp) {
	const text = /^\d{4}-\d\d-\d\d$/.test(stamp ?? "") ? stamp : ist(stamp);
	if (!text) return UNKNOWN;
	return `${text.slice(8, 10)} ${MONTHS[Number(text.slice(5, 7)) - 1]} ${text.slice(0, 4)}`;
}

/** 10 Sep 09:15:00 */
export function datetime(stamp) {
	return ist(stamp) ? `${date(stamp).slice(0, 6)} ${time(stamp)}` : UNKNOWN;
}

/** 10 Sep 09:15:00.123 */
export function stamp(when) {
	return ist(when) ? `${date(when).slice(0, 6)} ${millis(when)}` : UNKNOWN;
}

/** Milliseconds as the largest two units: 40 ms, 2.1 s, 3 m 12 s, 2 h 14 m, 3 d 4 h */
export function duration(ms) {
	if (ms === null || ms === undefined || !Number.isFinite(Number(ms))) return UNKNOWN;
	const n = Math.max(0, Number(ms));
	if (n < 1000) return `${Math.round(n)} ms`;
	if (n < 59950) return `${(n / 1000).toFixed(1)} s`;
	const s = Math.round(n / 1000);
	if (s < 3600) return `${Math.floor(s / 60)} m ${s % 60} s`;
	const m = Math.floor(s / 60);
	if (m < 1440) return `${Math.floor(m / 60)} h ${m % 60} m`;
	return `${Math.floor(m / 1440)} d ${Math.floor(m / 60) % 24} h`;
}

export function seconds(s) {
	return duration(s === null || s === undefined ? null : Number(s) * 1000);
}

export function text(value) {
	if (value === null || value === undefined || value === "") return UNKNOWN;
	return String(value);
}

/** snake_case codes as words: day_loss -> day loss */
export function words(value) {
	return text(value).replace(/_/g, " ");
}

export function upper(value) {
	return words(value).toUpperCase();
}

export function yesno(value) {
	return value === true ? "yes" : value === false ? "no" : UNKNOWN;
}

/** Every way a value may be shown; elements name theirs in data-as, so a test can repeat it. */
export const FORMATS = {
	money, signed, price, level, bars, compact, int, number, pct, time, millis, minute, date, datetime, stamp, duration, seconds, text, words, upper,
	yesno,
};
