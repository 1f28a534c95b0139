// Candles with the engine's own trades on them, as a picture or as a table of the same numbers.

import { useEffect, useRef } from "preact/hooks";

import { html } from "../ui/html.js";
import { Empty, Panel } from "../ui/panel.js";
import { Table } from "../ui/table.js";
import { theme } from "../ui/theme.js";
import { Side, V } from "../ui/value.js";
import { go, route } from "../lib/route.js";
import { strategies, useApi, value } from "../lib/store.js";

const INTERVALS = [[60, "1 m"], [180, "3 m"], [300, "5 m"], [900, "15 m"]];

/** Stops and targets of positions whose levels are in this instrument's prices. */
function levels(symbol, items) {
	return items.flatMap(({ position: p, underlying }) => {
		if (!p) return [];
		if (p.symbol === symbol) return [[p.entry, "entry"], [p.stop, "stop"], [p.target, "target"]];
		return underlying === symbol ? [[p.index_stop, "stop"]] : [];
	}).filter(([price]) => price !== null && price !== undefined).map(([price, kind]) => ({ price, title: kind, kind }));
}

function Picture({ data, marks }) {
	const host = useRef(null);
	const chart = useRef(null);
	const newest = useRef(null);
	newest.current = [data, marks];
	useEffect(() => {
		let gone = false;
		import("../ui/chart.js").then(({ openChart }) => {
			if (gone) return;
			chart.current = openChart(host.current);
			chart.current.draw(...newest.current);
		});
		return () => {
			gone = true;
			chart.current?.close();
		};
	}, []);
	useEffect(() => chart.current?.draw(data, marks), [data]);
	useEffect(() => chart.current?.paint(), [theme.value]);
	return html`<div class="chart" ref=${host} role="img" aria-label=${`Candles of ${data.symbol}, ${data.interval / 60} minutes each, ${data.items.length} bars, ${data.trades.length} own trades. The table view has the same numbers.`}></div>`;
}

const BARS = [
	{ head: "Time", big: true, cell: (at) => html`<${V} src=${`${at}.at`} as="datetime" />` },
	...[["Open", "o"], ["High", "h"], ["Low", "l"], ["Close", "c"]].map(([head, f]) => ({ head, num: true, cell: (at) => html`<${V} src=${`${at}.${f}`} as="price" />` })),
	{ head: "Volume", num: true, cell: (at) => html`<${V} src=${`${at}.v`} as="int" />` },
];
const OWN = [
	{ head: "Time", cell: (at) => html`<${V} src=${`${at}.at`} as="datetime" />` },
	{ head: "Side", cell: (at) => html`<${Side} src=${`${at}.side`} />` },
	{ head: "Instrument", big: true, wide: true, cell: (at) => html`<b><${V} src=${`${at}.symbol`} /></b> <small class="muted"><${V} src=${`${at}.strategy`} /></small>` },
	{ head: "For", cell: (at) => html`<${V} src=${`${at}.purpose`} />` },
	{ head: "Filled at", num: true, cell: (at) => html`<${V} src=${`${at}.fill`} as="price" />` },
	{ head: "Underlying then", num: true, cell: (at) => html`<${V} src=${`${at}.price`} as="price" />` },
];

function Last({ data }) {
	const at = data.forming ? "candles.forming" : `candles.items.${data.items.length - 1}`;
	const traded = data.items.some((b) => b.v > 0); // an index has no volume of its own
	return html`<p class="ohlc"><b><${V} src="candles.symbol" /></b>${BARS.slice(1).filter((c) => traded || c.head !== "Volume").map((c) => html` <small class="muted">${c.head}</small> ${c.cell(at)}`)}${" "}
		<small class="muted"><${V} src=${`${at}.at`} as="minute" /> ${data.forming ? "forming" : "closed"}</small></p>`;
}

function Picker({ symbols, symbol, interval, view }) {
	const to = (change) => go("charts", { symbol, interval, view, ...change });
	return html`<label>Instrument <select value=${symbol} onChange=${(e) => to({ symbol: e.target.value })}>${symbols.map((s) => html`<option value=${s} selected=${s === symbol}>${s}</option>`)}</select></label>
		<span class="segments" role="group" aria-label="Interval">${INTERVALS.map(([s, name]) => html`<button type="button" aria-pressed=${String(s === interval)} onClick=${() => to({ interval: s })} data-fixed>${name}</button>`)}</span>
		<button type="button" aria-pressed=${String(view === "table")} onClick=${() => to({ view: view === "table" ? "" : "table" })}>Table</button>`;
}

export function Charts() {
	const known = value("status.underlyings") ?? [];
	const plans = strategies().data?.items ?? [];
	const { symbol: wish, interval: every, view } = route.value.query;
	const symbol = wish ?? known[0] ?? "";
	const interval = Number(every) || 60;
	const query = new URLSearchParams({ ...(symbol && { symbol }), interval, limit: 400 });
	const state = useApi("candles", `/api/candles?${query}`, 2000);
	const data = state.data;
	const symbols = [...new Set([...known, symbol])].filter(Boolean);
	const newestFirst = (items = []) => items.map((row, at) => ({ row, at })).reverse();
	return html`<${Panel} id="p-chart" title="Chart" of="candles" state=${state} actions=${html`<${Picker} symbols=${symbols} symbol=${symbol} interval=${interval} view=${view} />`}>
		${data && !data.items.length && !data.forming ? html`<${Empty} why="No bar of this instrument yet." next="Bars come with the first prices of the session." />` : data && html`
		<${Last} data=${data} />
		${view === "table" ? html`<${Table} label="Bars" base="candles.items" items=${newestFirst(data.items)} keyOf=${(b) => b.at} columns=${BARS} />` : html`<${Picture} key=${`${symbol}/${interval}`} data=${data} marks=${levels(symbol, plans)} />`}
		${data.trades.length > 0 && html`<h3>Own trades</h3><${Table} label="Own trades" base="candles.trades" items=${newestFirst(data.trades)} columns=${OWN} />`}`}<//>`;
}
