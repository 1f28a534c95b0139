// Positions in the order Indian traders know: product, instrument, quantity, average, last, P&L. Closed rows stay, greyed,
// with what they realised.

import { html } from "../ui/html.js";
import { Empty, Panel } from "../ui/panel.js";
import { Table } from "../ui/table.js";
import { Side, V, When } from "../ui/value.js";
import { positions, value } from "../lib/store.js";

const OLD_MS = 3000;

/** A last price with its age when that matters: a frozen price must look frozen. */
function Last({ at, item }) {
	const old = item.qty !== 0 && item.last_age_ms > OLD_MS;
	return html`<span class=${old ? "old" : ""}><${V} src=${`${at}.last`} as="price" why="no price yet" /></span>
		${old && html` <small class="warn" title="age of this price"><${V} src=${`${at}.last_age_ms`} as="duration" /></small>`}`;
}

const COLUMNS = [
	{ head: "Product", cell: (at) => html`<${V} src=${`${at}.product`} />` },
	{ head: "Instrument", big: true, wide: true, cell: (at) => html`<b><${V} src=${`${at}.symbol`} /></b> <small class="muted"><${V} src=${`${at}.strategy`} /></small>` },
	{ head: "Side", cell: (at) => html`<${Side} src=${`${at}.side`} />` },
	{ head: "Qty", num: true, cell: (at, item) => html`<${V} src=${`${at}.qty`} as="int" />${item.qty !== 0 && html` <small class="muted"><${V} src=${`${at}.lots`} as="int" /> × <${V} src=${`${at}.lot`} as="int" /></small>`}` },
	{ head: "Avg", num: true, cell: (at) => html`<${V} src=${`${at}.average`} as="price" why="the average price is not known" />` },
	{ head: "LTP", num: true, cell: (at, item) => html`<${Last} at=${at} item=${item} />` },
	{ head: "Value", num: true, cell: (at) => html`<${V} src=${`${at}.value`} as="money" />` },
	{ head: "P&L, gross", num: true, big: true, cell: (at) => html`<${V} src=${`${at}.pnl`} as="signed" why="a price or an average is missing" />` },
	{ head: "Realised", num: true, cell: (at) => html`<${V} src=${`${at}.realised`} as="signed" />` },
	{ head: "Charges", num: true, cell: (at, item) => html`<${V} src=${`${at}.charges`} as="money" />${item.charges_complete === false && html` <abbr title="some charges are not known">partial</abbr>`}` },
	{ head: "Opened", num: true, cell: (at) => html`<${When} src=${`${at}.opened`} as="time" />` },
];
const COUNT = COLUMNS.length;

function Total() {
	const td = (src, as, label) => html`<td role="cell" class="num" data-label=${label}><${V} src=${src} as=${as} /></td>`;
	return html`<th role="rowheader" scope="row" colspan=${COUNT - 4}>Day, net of charges, of all <a href="#/history"><${V} src="status.day.trades" as="int" /> closed</a> and open <small class="muted">unrealised <${V} src="positions.total.unrealised" as="signed" /></small></th>
		${td("positions.total.pnl", "signed", "P&L, net")}${td("positions.total.realised", "signed", "Realised")}${td("positions.total.charges", "money", "Charges")}<td role="cell"></td>`;
}

function key(item) {
	return `${item.symbol}/${item.strategy}`;
}

/** Why there is none, as far as the engine's state tells. */
function whyNone() {
	if (value("status.feed.ended")) return "The data has ended.";
	if (value("status.day.locked")) return "No entries until the next trading day.";
	if (value("status.state") !== "running") return "Entries are off.";
	if (value("status.session.phase") !== "open") return "There are no entries now: the session is not open.";
	return "One appears when a signal passes every check.";
}

export function OpenPositions({ data }) {
	const rows = (data?.items ?? []).map((row, at) => ({ row, at })).filter(({ row }) => row.qty !== 0);
	if (!rows.length) return html`<${Empty} why="No open position." next=${whyNone()} />`;
	return html`<${Table} label="Open positions" base="positions.items" items=${rows} keyOf=${key} columns=${COLUMNS} />`;
}

export function Positions() {
	const state = positions();
	const items = state.data?.items ?? [];
	return html`<${Panel} id="p-positions" title="Positions" of="positions" state=${state}>
		${items.length ? html`<${Table} label="Positions" base="positions.items" items=${items} keyOf=${key} columns=${COLUMNS} dim=${(item) => item.qty === 0} foot=${html`<${Total} />`} />`
			: html`<${Empty} why="No position today." next="Why not is on each strategy's row." />`}<//>`;
}
