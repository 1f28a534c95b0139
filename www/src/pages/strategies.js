// All strategies side by side, each with the reason it is not trading.

import { html } from "../ui/html.js";
import { Empty, Panel } from "../ui/panel.js";
import { Table } from "../ui/table.js";
import { Pill, V } from "../ui/value.js";
import { pauseStrategy, resumeStrategy } from "../ui/command.js";
import { denied, strategies } from "../lib/store.js";

/** One place says what holds the strategy back, or what it holds. */
function Doing({ at, item }) {
	if (item.position) {
		return html`holds <${V} src=${`${at}.position.qty`} as="int" /> × <b><${V} src=${`${at}.position.symbol`} /></b>${" "}
			<${V} src=${`${at}.position.pnl`} as="signed" why="no fresh price" />`;
	}
	if (item.why_not) return html`<span class="why"><${V} src=${`${at}.why_not.text`} /> <small class="muted">since <${V} src=${`${at}.why_not.since`} as="minute" /></small></span>`;
	return html`<span class="muted">ready for a signal</span>`;
}

export function Switch({ id, state }) {
	const off = denied("trade");
	const paused = state === "paused";
	return html`<button type="button" disabled=${Boolean(off) || state === "locked"} title=${off ?? (state === "locked" ? "locked until tomorrow or a re-arm" : "")}
		aria-label=${`${paused ? "Resume" : "Pause"} ${id}`} onClick=${() => (paused ? resumeStrategy(id) : pauseStrategy(id))}>${paused ? "Resume" : "Pause"}</button>`;
}

const COLUMNS = [
	{ head: "Strategy", big: true, cell: (at, item) => html`<a href=${`#/strategies/${encodeURIComponent(item.id)}`}><${V} src=${`${at}.title`} /></a>${item.live && html` <b class="tag bad">real money</b>`}` },
	{ head: "State", cell: (at) => html`<${Pill} src=${`${at}.state`} />` },
	{ head: "On", cell: (at) => html`<${V} src=${`${at}.underlying`} /> <small class="muted"><${V} src=${`${at}.bar_minutes`} as="int" /> m · <${V} src=${`${at}.trade`} /></small>` },
	{ head: "Day P&L", num: true, big: true, cell: (at) => html`<${V} src=${`${at}.day_pnl`} as="signed" />` },
	{ head: "P&L", num: true, cell: (at) => html`<${V} src=${`${at}.pnl`} as="signed" />` },
	{ head: "Trades today", num: true, cell: (at) => html`<${V} src=${`${at}.trades_today`} as="int" />` },
	{ head: "Won / all", num: true, cell: (at) => html`<${V} src=${`${at}.wins`} as="int" /> / <${V} src=${`${at}.trades`} as="int" />` },
	{ head: "Loss run", num: true, cell: (at) => html`<${V} src=${`${at}.loss_streak`} as="int" />` },
	{ head: "Now", cell: (at, item) => html`<${Doing} at=${at} item=${item} />` },
];
const SWITCH = { head: "Entries", cell: (at, item) => html`<${Switch} id=${item.id} state=${item.state} />` };

export function StrategyTable({ items, control }) {
	if (!items?.length) return html`<${Empty} why="No strategy is configured." next="Add a [strategy NAME] section to sauda.conf and restart." />`;
	return html`<${Table} label="Strategies" base="strategies.items" items=${items} keyOf=${(item) => item.id} columns=${control ? [...COLUMNS, SWITCH] : COLUMNS} />`;
}

export function Strategies() {
	const state = strategies();
	return html`<${Panel} id="p-strategies" title="Strategies" of="strategies" state=${state}><${StrategyTable} items=${state.data?.items} control /><//>`;
}
