// All strategies side by side, each with the reason it is not trading.

import { html } from "../ui/html.js";
import { Empty, Panel } from "../ui/panel.js";
import { Table } from "../ui/table.js";
import { Pill, V, When } from "../ui/value.js";
import { pauseStrategy, resumeStrategy } from "../ui/command.js";
import { denied, strategies, value } from "../lib/store.js";

/** One place says what holds the strategy back, or what it holds. */
function Doing({ at, item }) {
	if (item.position) {
		return html`holds <${V} src=${`${at}.position.qty`} as="int" /> × <b><${V} src=${`${at}.position.symbol`} /></b>${" "}
			<${V} src=${`${at}.position.pnl`} as="signed" why="no fresh price" /> <small class="muted">stop <${V} src=${`${at}.position.stop`} as="level" why="no stop on the option itself" /> ·
			target <${V} src=${`${at}.position.target`} as="level" why="no target" /></small>`;
	}
	if (item.why_not) return html`<span class="why"><${V} src=${`${at}.why_not.text`} />${item.why_not.since && html` <small class="muted">since <${When} src=${`${at}.why_not.since`} as="minute" /></small>`}</span>`;
	return html`<span class="muted">ready for a signal</span>`;
}

/** A lock after losses in a row is lifted by resuming; the one after the day's loss holds until tomorrow. */
export function Switch({ id, state, why }) {
	const off = denied("trade");
	const streak = state === "locked" && why?.code === "loss_streak";
	const locked = state === "locked" && !streak;
	const removed = state === "removed";
	const paused = state === "paused" || streak;
	return html`<button type="button" disabled=${Boolean(off) || locked || removed} title=${off ?? (locked ? "locked until tomorrow" : removed ? "not in the settings" : "")}
		aria-label=${`${paused ? "Resume" : "Pause"} ${id}`} onClick=${() => (paused ? resumeStrategy(id) : pauseStrategy(id))}>${paused ? "Resume" : "Pause"}</button>`;
}

const COLUMNS = [
	{ head: "Strategy", big: true, wide: true, cell: (at, item) => html`<a href=${`#/strategies/${encodeURIComponent(item.id)}`}><${V} src=${`${at}.title`} /></a>${item.live && value("status.mode") === "live" && html` <b class="tag bad">real money</b>`}` },
	{ head: "State", cell: (at) => html`<${Pill} src=${`${at}.state`} />` },
	{ head: "On", two: true, cell: (at, item) => html`<${V} src=${`${at}.underlying`} why="no rule looks at one" /> ${item.underlying && html`<small class="muted"><${V} src=${`${at}.bar_minutes`} as="bars" /> · <${V} src=${`${at}.trade`} /></small>`}` },
	{ head: "Day P&L", num: true, big: true, cell: (at) => html`<${V} src=${`${at}.day_pnl`} as="signed" />` },
	{ head: "P&L", num: true, more: true, cell: (at) => html`<${V} src=${`${at}.pnl`} as="signed" />` },
	{ head: "Trades today", num: true, cell: (at) => html`<${V} src=${`${at}.trades_today`} as="int" />` },
	{ head: "Won / all", num: true, cell: (at) => html`<${V} src=${`${at}.wins`} as="int" /> / <${V} src=${`${at}.trades`} as="int" />` },
	{ head: "Loss run", num: true, more: true, cell: (at) => html`<${V} src=${`${at}.loss_streak`} as="int" />` },
	{ head: "Now", wide: true, cell: (at, item) => html`<${Doing} at=${at} item=${item} />` },
];
const SWITCH = { head: "Entries", cell: (at, item) => html`<${Switch} id=${item.id} state=${item.state} why=${item.why_not} />` };
const BRIEF = COLUMNS.filter((column) => !column.more);

/** brief: for the overview; else all columns and a switch. */
export function StrategyTable({ items, brief }) {
	if (!items?.length) return html`<${Empty} why="No strategy is configured." next="Add a [strategy NAME] section to sauda.conf and restart." />`;
	return html`<${Table} label="Strategies" base="strategies.items" items=${items} keyOf=${(item) => item.id} columns=${brief ? BRIEF : [...COLUMNS, SWITCH]} />`;
}

export function Strategies() {
	const state = strategies();
	return html`<${Panel} id="p-strategies" title="Strategies" of="strategies" state=${state}><${StrategyTable} items=${state.data?.items} /><//>`;
}
