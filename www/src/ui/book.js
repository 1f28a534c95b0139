// A paged book (orders, trades, history): newest first, filtered by strategy, older pages by cursor. All of the view is in
// the address.

import { html } from "./html.js";
import { go, href, route } from "../lib/route.js";
import { strategies, useApi } from "../lib/store.js";
import { Empty, Panel } from "./panel.js";
import { Table } from "./table.js";

const PAGE_ROWS = 100;

function Filter({ page }) {
	const { data } = strategies();
	const now = route.value.query.strategy ?? "";
	return html`<label>Strategy <select value=${now} onChange=${(e) => go(page, { strategy: e.target.value })}>
		<option value="" selected=${!now}>all</option>${(data?.items ?? []).map((s) => html`<option value=${s.id} selected=${s.id === now}>${s.id}</option>`)}</select></label>`;
}

export function Book({ page, title, columns, every, dim, empty }) {
	const { strategy, before } = route.value.query;
	const query = new URLSearchParams({ limit: PAGE_ROWS, ...(strategy && { strategy }), ...(before && { before }) });
	const state = useApi(page, `/api/${page}?${query}`, every);
	const items = state.data?.items ?? [];
	return html`<${Panel} id=${`p-${page}`} title=${title} of=${page} state=${state} actions=${html`<${Filter} page=${page} />`}>
		${items.length ? html`<${Table} label=${title} base=${`${page}.items`} items=${items} keyOf=${(item) => item.seq} columns=${columns} dim=${dim} />` : html`<${Empty} ...${empty} />`}
		<div class="row end">${before && html`<a href=${href(page, { strategy })}>Newest</a>`}${state.data?.next && html`<a href=${href(page, { strategy, before: state.data.next })}>Older</a>`}</div><//>`;
}
