// The journal in words: every decision and every refusal, newest first.

import { useState } from "preact/hooks";

import { html } from "../ui/html.js";
import { Empty, Panel } from "../ui/panel.js";
import { V, When } from "../ui/value.js";
import { events } from "../lib/store.js";

const SHOWN = 200;

function Row({ item }) {
	const at = `events.items.@${item.seq}`;
	const named = !item.symbol || item.text?.includes(item.symbol);
	return html`<li><${When} src=${`${at}.at`} as="millis" class="muted" /><span class=${`tag k-${item.kind}`}><${V} src=${`${at}.kind`} as="words" /></span>
		<span class="what"><${V} src=${`${at}.text`} />${!named && html` <small class="muted"><${V} src=${`${at}.symbol`} /></small>`}</span></li>`;
}

export function EventList({ limit = SHOWN, title, keep = () => true, actions }) {
	const state = events();
	const items = (state.data?.items ?? []).filter(keep).slice(-limit).reverse();
	return html`<${Panel} id="p-events" title=${title} of="events" state=${state} actions=${actions ?? html`<a href="#/events">All</a>`}>
		${items.length ? html`<ul class="log">${items.map((item) => html`<${Row} key=${item.seq} item=${item} />`)}</ul>` : html`<${Empty} why="No event yet." next="Signals, refusals, orders and fills appear here as they happen." />`}<//>`;
}

/** Each limit of the settings leaves the engine's state behind it at a start, always the same. */
const says = (item) => !(item.kind === "state" && item.data?.principal === "config" && item.data.strategy === null);

export function Events() {
	const [kind, setKind] = useState("");
	const { data } = events();
	const kinds = [...new Set((data?.items ?? []).map((item) => item.kind))].sort();
	const pick = html`<label>Kind <select value=${kind} onChange=${(e) => setKind(e.target.value)}><option value="">all</option>${kinds.map((k) => html`<option value=${k} selected=${k === kind}>${k}</option>`)}</select></label>`;
	return html`<${EventList} title="Events" keep=${(item) => says(item) && (!kind || item.kind === kind)} actions=${pick} />`;
}
