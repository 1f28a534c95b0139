// The equity curve as one SVG path: enough for a glance, without loading the chart library. The scale is the data's own
// lowest and highest value, both shown and both from the API. Points exist where the value changed, so it is drawn in steps.

import { html } from "./html.js";
import { value } from "../lib/store.js";
import { V } from "./value.js";

const W = 1000;
const H = 200;
const POINTS_MAX = 1000;

/** At most `max` points, keeping first and last. */
function thin(items, max) {
	if (items.length <= max) return items;
	const step = (items.length - 1) / (max - 1);
	return Array.from({ length: max }, (_, i) => items[Math.round(i * step)]);
}

function extremes(items) {
	return items.reduce(([lo, hi], item) => [Number(item.equity) < Number(lo.equity) ? item : lo, Number(item.equity) > Number(hi.equity) ? item : hi],
		[items[0], items[0]]);
}

export function Curve({ items }) {
	const known = items.filter((item) => item.equity !== null);
	const [lo, hi] = extremes(known);
	const span = Number(hi.equity) - Number(lo.equity) || 1;
	const last = known[known.length - 1];
	const now = Math.max(Date.parse(last.at), Date.parse(value("status.now")) || 0); // it stands where the last point left it
	const [from, to] = [Date.parse(known[0].at), now];
	const x = (item) => ((Date.parse(item.at) - from) / (to - from || 1)) * W;
	const y = (item) => H - 6 - ((Number(item.equity) - Number(lo.equity)) / span) * (H - 12);
	const line = `${thin(known, POINTS_MAX).map((item, i) => (i ? `H${x(item).toFixed(1)}V${y(item).toFixed(1)}` : `M${x(item).toFixed(1)} ${y(item).toFixed(1)}`)).join("")}H${W}`;
	const up = Number(last.equity) >= Number(known[0].equity);
	const point = (item) => `equity.items.@${item.seq}`;
	return html`<figure class="curve">
		<svg viewBox=${`0 0 ${W} ${H}`} preserveAspectRatio="none" role="img" class=${up ? "pos" : "neg"}
			aria-label=${`Account value over the session; ${up ? "at or above" : "below"} its start`}>
			<line x1="0" x2=${W} y1=${y(known[0])} y2=${y(known[0])} class="base" /><path d=${`${line}L${W} ${H}L0 ${H}Z`} class="area" /><path d=${line} class="line" /></svg>
		<figcaption>
			<span><${V} src=${`${point(known[0])}.at`} as="datetime" /></span>
			<span>low <${V} src=${`${point(lo)}.equity`} as="money" /></span><span>high <${V} src=${`${point(hi)}.equity`} as="money" /></span>
			<span>last <b><${V} src=${`${point(last)}.equity`} as="money" /></b> at <${V} src=${`${point(last)}.at`} as="time" /></span><span><${V} src="status.now" as="datetime" /></span>
		</figcaption></figure>`;
}
