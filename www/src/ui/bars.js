// Bars made of plain elements: how much of a limit is used, how far signals got through the funnel.

import { html } from "./html.js";
import { FORMATS } from "../lib/fmt.js";
import { value } from "../lib/store.js";
import { V } from "./value.js";

const NEAR = 0.8;

function share(part, whole) {
	const p = Number(part);
	const w = Number(whole);
	return part === null || part === undefined || !(w > 0) ? null : Math.min(1, Math.max(0, p / w));
}

/** `part` = 1 fills it. A share that cannot be known is hatched, not empty. */
function Bar({ part, hot, near, label }) {
	const width = part === null ? "100%" : `${(part * 100).toFixed(1)}%`;
	return html`<div class="bar" role="img" aria-label=${label}>
		<i class=${part === null ? "none" : hot ? "hot" : near ? "near" : ""} style=${{ width }}></i></div>`;
}

const UNIT_AS = { "%": "pct", "Rs": "money", "₹": "money", rupees: "money", INR: "money" };

const UNIT_WORD = { "1/s": "a second" };

/** A limit that is not set has no bar, nor has one that each order is held against by itself: nothing of it gets used up. */
export function RiskBar({ at, named }) {
	const item = value(at);
	const as = UNIT_AS[item.unit] ?? "number";
	const unit = UNIT_AS[item.unit] ? "" : UNIT_WORD[item.unit] ?? item.unit;
	const part = share(item.used, item.value);
	const used = item.used !== null && html`<${V} src=${`${at}.used`} as=${as} /> of `;
	const bound = item.value === null ? html`<span class="muted">no limit</span>` : html`${used}<${V} src=${`${at}.value`} as=${as} /> ${unit}`;
	return html`<div class=${`riskbar ${item.hit ? "hit" : ""}`}>
		<span class="name"><${V} src=${`${at}.text`} /> ${named && html`<code class="muted"><${V} src=${`${at}.name`} /></code> `}${item.hit ? html`<b class="tag bad">hit</b>` : part >= NEAR && html`<b class="tag warn">near</b>`}</span>
		<span class="num">${item.used === null && item.value !== null && html`<span class="muted">at most</span> `}${bound}</span>
		${part !== null && html`<${Bar} part=${part} hot=${item.hit} near=${part >= NEAR} label=${`${item.text}: used ${FORMATS[as](item.used)} of ${FORMATS[as](item.value)} ${unit}`} />`}
	</div>`;
}

export function FunnelBar({ name, src, whole }) {
	const n = value(src);
	return html`<div class="riskbar"><span class="name">${name}</span><span class="num"><${V} src=${src} as="int" /></span>
		<${Bar} part=${share(n, whole)} label=${`${name}: ${FORMATS.int(n)}`} /></div>`;
}
