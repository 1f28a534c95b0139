// One strategy: what it does now, how far its signals get, and its parameters.

import { html } from "../ui/html.js";
import { FunnelBar } from "../ui/bars.js";
import { Empty, Panel } from "../ui/panel.js";
import { Pill, Side, V } from "../ui/value.js";
import { useApi, value } from "../lib/store.js";
import { words } from "../lib/fmt.js";
import { Params } from "./params.js";
import { Switch } from "./strategies.js";

const DETAIL = [
	["Day P&L", "day_pnl", "signed"], ["P&L", "pnl", "signed"], ["Trades today", "trades_today", "int"], ["Trades", "trades", "int"], ["Won", "wins", "int"],
	["Losses in a row", "loss_streak", "int"],
];
const POSITION = [
	["Quantity", "qty", "int"], ["Entry", "entry", "price"], ["Last", "last", "price"], ["P&L", "pnl", "signed"], ["Stop", "stop", "level"], ["Target", "target", "level"],
	["Index stop", "index_stop", "level"],
];

function Facts({ rows, base }) {
	return html`<dl class="facts">${rows.map(([name, field, as]) => html`<div><dt>${name}</dt><dd><${V} src=${`${base}.${field}`} as=${as} /></dd></div>`)}</dl>`;
}

function LastSignal() {
	const signal = value("strategy.last_signal");
	if (!signal) return html`<p class="muted">No signal yet.</p>`;
	return html`<p>Last signal <${V} src="strategy.last_signal.at" as="datetime" />: <b><${V} src="strategy.last_signal.direction" /></b>,${" "}
		${signal.taken ? "taken" : html`refused: <${V} src="strategy.last_signal.refusal" as="words" />`}. <span class="muted"><${V} src="strategy.last_signal.text" /></span></p>`;
}

function Now({ data }) {
	return html`<${Facts} rows=${DETAIL} base="strategy" />
		${data.why_not && html`<p class="why"><b>${data.position ? "No further entry" : "Not trading"}:</b> <${V} src="strategy.why_not.text" />${data.why_not.since && html` <small class="muted">since <${V} src="strategy.why_not.since" as="datetime" /></small>`}</p>`}
		<${LastSignal} />
		${data.position && html`<h3><${Side} src="strategy.position.side" /> <${V} src="strategy.position.symbol" /></h3><${Facts} rows=${POSITION} base="strategy.position" />`}`;
}

function Funnel({ funnel }) {
	if (!funnel?.evaluations) return html`<${Empty} why="No bar was looked at yet." next="The funnel fills with each closed bar of the session." />`;
	const whole = funnel.evaluations;
	return html`<${FunnelBar} name="Bars looked at" src="strategy.funnel.evaluations" whole=${whole} />
		${funnel.conditions.map((c, i) => html`<${FunnelBar} key=${c.name} name=${html`passed <${V} src=${`strategy.funnel.conditions.${i}.name`} as="words" />`} src=${`strategy.funnel.conditions.${i}.passed`} whole=${whole} />`)}
		<${FunnelBar} name="Signals" src="strategy.funnel.signals" whole=${whole} /><${FunnelBar} name="Entries" src="strategy.funnel.entries" whole=${whole} />
		${funnel.refusals.length > 0 && html`<h3>Refused signals</h3><ul class="legs">${funnel.refusals.map((r, i) => html`<li><${V} src=${`strategy.funnel.refusals.${i}.code`} as="words" /><span class="grow"></span><${V} src=${`strategy.funnel.refusals.${i}.count`} as="int" /></li>`)}</ul>`}`;
}

export function Strategy({ id }) {
	const state = useApi("strategy", `/api/strategies/${encodeURIComponent(id)}`, 2000);
	const data = state.data;
	const title = html`<a href="#/strategies">Strategies</a> / <span data-fixed>${data ? data.title : words(id)}</span>`;
	return html`<div class="grid two">
		<${Panel} id="p-now" title=${title} of="strategy" state=${state}
			actions=${data && html`<${Pill} src="strategy.state" /> <${Switch} id=${id} state=${data.state} why=${data.why_not} />`}>${data && html`<${Now} data=${data} />`}<//>
		<${Panel} id="p-funnel" title="From bar to entry" of="strategy" state=${state}>${data && html`<${Funnel} funnel=${data.funnel} />`}<//>
		<${Panel} id="p-params" title="Parameters" of="strategy" state=${state} class="wide">${data && html`<${Params} id=${id} params=${data.params} />`}<//>
	</div>`;
}
