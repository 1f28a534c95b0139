// Exact decimals. The API prints money from integers; a double in between would be one more place where a paisa can get
// lost, so decimals stay text from the wire to the screen and sums are made in whole 1/10,000 rupee (BigInt).

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+\.\d+(?:[eE][+-]?\d+)?/g;
const PLAIN = /^(-?)(\d+)(?:\.(\d+))?$/;
const PLACES = 4;

/** JSON text to values; a number with a decimal point becomes its own text ("12.50"), integers stay numbers. */
export function decode(text) {
	return JSON.parse(text.replace(TOKEN, (token) => (token[0] === '"' ? token : `"${token}"`)));
}

/** Decimal text or number to an integer of `places` digits behind the point, rounded half away from zero; null = unknown. */
export function scaled(value, places) {
	if (value === null || value === undefined) return null;
	const found = PLAIN.exec(String(value));
	if (!found) return null;
	const [, minus, whole, part = ""] = found;
	let n = BigInt(whole + part.padEnd(places, "0").slice(0, places));
	if (part.length > places && part[places] >= "5") n += 1n;
	return minus ? -n : n;
}

/** In 1/10,000 rupee; null when unknown or finer than that, because a rounded sum would look exact. */
export function units(value) {
	const n = scaled(value, PLACES);
	const part = String(value).split(".")[1] ?? "";
	return n === null || /[1-9]/.test(part.slice(PLACES)) ? null : n;
}

/** The inverse of scaled(). */
export function unscaled(n, places) {
	const digits = (n < 0n ? -n : n).toString().padStart(places + 1, "0");
	const cut = digits.length - places;
	return (n < 0n ? "-" : "") + digits.slice(0, cut) + (places ? "." + digits.slice(cut) : "");
}

/** Sum as decimal text; unknown when any part is unknown. */
export function add(...values) {
	let sum = 0n;
	for (const value of values) {
		const n = units(value);
		if (n === null) return null;
		sum += n;
	}
	return unscaled(sum, PLACES);
}

/** -1, 0, 1; null when unknown. */
export function sign(value) {
	if (value === null || value === undefined || !PLAIN.test(String(value))) return null;
	if (!/[1-9]/.test(String(value))) return 0;
	return String(value)[0] === "-" ? -1 : 1;
}
