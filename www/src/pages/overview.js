// The first screen: what the account made, what it risks, why it does or does not trade.

import { html } from "../ui/html.js";
import { RiskBar } from "../ui/bars.js";
import { Curve } from "../ui/curve.js";
import { Empty, Panel } from "../ui/panel.js";
import { V } from "../ui/value.js";
import { balance, equity, positions, risk, strategies, value } from "../lib/store.js";
import { EventList } from "./events.js";
import { OpenPositions } from "./positions.js";
import { StrategyTable } from "./strategies.js";

function Tile({ name, src, as, big, why }) {
	return html`<div class=${`tile ${big ? "big" : ""}`}><span>${name}</span><b><${V} src=${src} as=${as} why=${why} /></b></div>`;
}

function Money() {
	const state = balance();
	const partial = value("balance.charges_complete") === false;
	return html`<${Panel} id="p-money" title="Account" of="balance" state=${state} class="wide"
		actions=${html`<span class="muted"><${V} src="balance.source" /> · <${V} src="balance.age_ms" as="duration" /> old</span>`}>
		<div class="tiles">
			<${Tile} name="Day P&L, net" src="balance.day_pnl" as="signed" big why="a price is missing" />
			<${Tile} name="Realised" src="balance.realised" as="signed" />
			<${Tile} name="Unrealised" src="balance.unrealised" as="signed" why="a price is missing" />
			<${Tile} name=${partial ? "Charges (known ones)" : "Charges"} src="balance.charges" as="money" />
			<${Tile} name="Account value" src="balance.equity" as="money" />
			<${Tile} name="Capital" src="balance.capital" as="money" />
			<${Tile} name="Free cash" src="balance.cash_free" as="money" />
			<${Tile} name="Used" src="balance.used" as="money" />
			${value("balance.source") !== "paper" && html`<${Tile} name="Cash at the broker" src="balance.funds.cash" as="money" why="the broker has not told it" />`}
		</div><//>`;
}

function Equity() {
	const state = equity(value("status.session.date"));
	const points = (state.data?.items ?? []).filter((item) => item.equity !== null).length;
	return html`<${Panel} id="p-equity" title="Account value" of="equity" state=${state} class="wide">
		${points > 1 ? html`<${Curve} items=${state.data.items} />` : html`<${Empty} why="Nothing to draw yet." next="The curve begins with the session's first trade." />`}<//>`;
}

function Risk() {
	const state = risk();
	const items = (state.data?.items ?? []).map((item, i) => ({ item, i })).filter(({ item }) => item.value !== null && item.used !== null);
	return html`<${Panel} id="p-risk" title="Risk used" of="risk" state=${state} actions=${html`<a href="#/risk">All limits</a>`}>
		${items.length ? items.map(({ item, i }) => html`<${RiskBar} key=${item.name} at=${`risk.items.${i}`} />`) : html`<${Empty} why="No limits are set." next="See the Risk page." />`}<//>`;
}

/** Not every step of an order, nor every signal while a position is held, nor what the settings said at the start. */
const notable = (item) => item.kind !== "order" && item.data?.refusal !== "position_open" && item.data?.principal !== "config";

export function Overview() {
	const s = strategies();
	const p = positions();
	return html`<div class="grid">
		<${Money} /><${Equity} />
		<${Panel} id="p-strategies" title="Strategies" of="strategies" state=${s} class="wide" actions=${html`<a href="#/strategies">Details</a>`}><${StrategyTable} items=${s.data?.items} brief /><//>
		<${Panel} id="p-open" title="Open positions" of="positions" state=${p} class="wide" actions=${html`<a href="#/positions">All</a>`}><${OpenPositions} data=${p.data} /><//>
		<${Risk} />
		<${EventList} limit=${10} title="Last events" keep=${notable} />
	</div>`;
}
