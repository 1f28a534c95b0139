// What holds for every page: replay and demo stripe with its controls, latched kill, the four kinds of lost link, which
// are four different facts with four different remedies.

import { html } from "./html.js";
import { time } from "../lib/fmt.js";
import { denied, frozen, link, status, value } from "../lib/store.js";
import { dialog, setReplay } from "./command.js";
import { V } from "./value.js";

const SPEEDS = ["1", "10", "60", "300", "1000", "10000", "max"];
const STEPS = 60;

function Replay() {
	if (value("status.feed.ended")) return html`<b class="replay">the data has ended</b>`;
	const paused = value("status.feed.paused");
	const speed = value("status.feed.speed");
	const off = denied("trade");
	const speeds = SPEEDS.includes(speed) || !speed ? SPEEDS : [speed, ...SPEEDS];
	return html`<span class="replay" role="group" aria-label="Replay controls">
		<button type="button" disabled=${off} title=${off ?? ""} onClick=${() => setReplay({ paused: !paused }, paused ? "Playing." : "Held.")}>${paused ? "▶ Play" : "❚❚ Hold"}</button>
		<button type="button" disabled=${off || !paused} title="let the next market events through while held"
			onClick=${() => setReplay({ step: STEPS }, "Stepped.")}>Step</button>
		<label>Speed <select disabled=${off} value=${speed} onChange=${(event) => setReplay({ speed: event.target.value }, `Speed ${event.target.value}.`)}>
			${speeds.map((s) => html`<option value=${s} selected=${s === speed}>${s === "max" ? "max" : `×${s}`}</option>`)}</select></label>
		${value("status.feed.rows_total") !== null && html`<progress aria-label="replayed" max=${value("status.feed.rows_total")} value=${value("status.feed.rows") ?? 0}></progress>`}
	</span>`;
}

function Stripe() {
	const mode = value("status.mode");
	if (mode !== "replay" && mode !== "demo") return null;
	return html`<div class="stripe">
		<b><${V} src="status.mode" as="upper" /></b>
		<span><${V} src="status.now" as="date" /> <${V} src="status.now" as="time" /> IST</span>
		<span class="wide">${mode === "demo" ? "made-up market" : html`<${V} src="status.feed.kind" /> of <${V} src="status.feed.source" />`}; simulated orders, no real money</span>
		${value("status.session.assumed") && html`<abbr title="not a session of the exchange's calendar: its times come from the data">assumed session</abbr>`}
		<${Replay} />
	</div>`;
}

function Killed() {
	if (!value("status.kill")) return null;
	return html`<div class="banner bad" role="alert"><b>Kill latched: <${V} src="status.kill.rung" as="words" /></b>
		<span>by <${V} src="status.kill.by" /> at <${V} src="status.kill.at" as="datetime" /> · <${V} src="status.kill.reason" /></span>
		<button type="button" onClick=${() => { dialog.value = { kind: "resume" }; }}>Re-arm…</button></div>`;
}

function NotFlat() {
	if (!value("status.not_flat")) return null;
	return html`<div class="banner bad" role="alert"><b><${V} src="status.not_flat.text" /></b>
		<span>since <${V} src="status.not_flat.since" as="datetime" />; <${V} src="status.not_flat.positions_now" as="int" /> positions open now. An admin acknowledges it:
		<code>enginectl acknowledge not-flat --reason "…"</code></span></div>`;
}

function DayLocked() {
	if (!value("status.day.locked")) return null;
	return html`<div class="banner" role="status"><b>Entries are off: <${V} src="status.day.lock" why="a limit of the day was reached" />.</b><span>Positions are closed.</span><a href="#/risk">Limits</a></div>`;
}

function Lost() {
	const { at, error } = status.signal.value;
	const asOf = at ? html`<span>Values are as of <b data-fixed>${time(at)} IST</b>.</span>` : null;
	if (link.value === "unreachable") {
		return html`<div class="banner bad" role="alert"><b>This browser cannot reach the server.</b>${asOf}
			<span>Orders and stops do not depend on it. ${error.remedy}</span></div>`;
	}
	if (link.value === "engine_down") {
		return html`<div class="banner bad" role="alert"><b>The engine does not answer</b> <code data-fixed>${error.code}</code>${asOf}
			${error.code === "timeout" ? html`<span>It lives, but hangs or is overloaded: <code>enginectl watchdog</code> and <code>enginectl logs</code> tell more. Stops of its own do not run meanwhile.</span>`
				: html`<span>Start it with <code>./run</code> or <code>systemctl start sauda</code>; why it ended is in <code>enginectl logs</code>.</span>`}</div>`;
	}
	return null;
}

function Links() {
	if (link.value !== "ok") return null;
	const replayed = value("status.feed.ended");
	return html`
		${value("status.broker.connected") === false && html`<div class="banner bad" role="alert"><b>Broker not connected.</b>
			<span>No new orders; positions are the engine's own book. Kill stays on and runs when the link is back.</span></div>`}
		${value("status.feed.up") === false && !replayed && html`<div class="banner bad" role="alert"><b>Market data is down.</b>
			<span>Prices are old; entries are refused until it is back.</span></div>`}
		${value("status.store.ok") === false && html`<div class="banner" role="status"><b>Database is behind.</b>
			<span>Trading goes on from the journal; lists below may be late.</span></div>`}`;
}

export function Banners() {
	return html`<section aria-label="What holds now"><${Stripe} /><${Killed} /><${NotFlat} /><${DayLocked} /><${Lost} /><${Links} />
		${frozen.value && html`<div class="banner" role="status"><b>Values are frozen.</b><span>The engine goes on.</span>
			<button type="button" onClick=${() => { frozen.value = false; }}>Unfreeze</button></div>`}</section>`;
}
