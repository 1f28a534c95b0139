// The one way a value of the engine gets on the screen: by the path it has in the API's answer. There is no way to pass
// a number in, so no number on the screen can be without a source.

import { html } from "./html.js";
import { FORMATS, UNKNOWN } from "../lib/fmt.js";
import { scaled } from "../lib/decimal.js";
import { value } from "../lib/store.js";

const EXACT = { money: true, signed: true, compact: true, price: true, level: true };

/** pos, neg, or nothing for zero as shown: exactly zero is neutral. */
export function tone(amount) {
	const paise = scaled(amount, 2);
	if (paise === null || paise === 0n) return "";
	return paise > 0n ? "pos" : "neg";
}

/** src: path; as: name of a format; why: words for the dash when the value is unknown. */
export function V({ src, as = "text", why, class: extra = "" }) {
	const raw = value(src);
	const shown = FORMATS[as](raw);
	const title = shown === UNKNOWN ? why ?? "not known" : EXACT[as] ? String(raw) : undefined;
	const kind = as === "signed" ? tone(raw) : "";
	return html`<span class=${`v ${EXACT[as] ? "n" : ""} ${kind} ${extra}`} data-src=${src} data-as=${as} title=${title}>${shown}</span>`;
}

/** A time of day when it is today's by the engine's clock, else with its date: yesterday's 15:20 is not today's. */
const DATED = { time: "datetime", minute: "datetime", millis: "stamp" };
export function When({ src, as, class: extra }) {
	const today = FORMATS.date(value(src)) === FORMATS.date(value("status.now"));
	return html`<${V} src=${src} as=${today ? as : DATED[as]} class=${extra} />`;
}

/** BUY and SELL have colours of their own, apart from profit and loss. */
export function Side({ src }) {
	const side = value(src);
	const kind = { buy: "buy", long: "buy", sell: "sell", short: "sell" }[side] ?? "";
	return html`<span class=${`side ${kind}`} data-src=${src} data-as="upper">${FORMATS.upper(side)}</span>`;
}

/** States and codes as a small pill; the word carries the meaning, colour repeats it. */
const GOOD = new Set(["running", "filled"]);
const BAD = new Set(["locked", "stopped", "rejected", "denied", "expired", "unknown"]);
export function Pill({ src, as = "words" }) {
	const raw = value(src);
	const kind = GOOD.has(raw) ? "good" : BAD.has(raw) ? "bad" : "";
	return html`<span class=${`pill ${kind}`} data-src=${src} data-as=${as}>${FORMATS[as](raw)}</span>`;
}
