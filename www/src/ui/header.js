// The bar that is on every page: mode, session, clock, data age, day's P&L, links, pause, kill. It never hides the mode.

import { html } from "./html.js";
import { arrow, duration, minute } from "../lib/fmt.js";
import { frozen, link, staleOf, status, value } from "../lib/store.js";
import { dialog, pauseEntries } from "./command.js";
import { toggleTheme } from "./theme.js";
import { tone, V } from "./value.js";

const PHASES = {
	pre_open: ["Pre-open", "open", "opens"], open: ["Open", "close", "closes"], square_off: ["Square-off", "close", "closes"],
	auction: ["Closing auction", null, null], after: ["After hours", null, null], closed: ["Closed", null, null],
	unknown: ["Calendar unknown", null, null],
};
const SKEW_MS = 250;
const OLD_MS = 3000;

/** "closes 15:30 · 2 h 14 m": counted in the engine's own time, which in a replay is the data's. */
function Edge({ edge, verb }) {
	const at = value(`status.session.${edge}`);
	const now = value("status.now");
	if (!at || !now || Date.parse(at) < Date.parse(now)) return null;
	return html` · ${verb} <${V} src=${`status.session.${edge}`} as="minute" /> <span class="muted wide" data-fixed>${duration(Date.parse(at) - Date.parse(now))}</span>`;
}

function Session() {
	const phase = value("status.session.phase");
	const [name, edge, verb] = PHASES[phase] ?? ["Session —", null, null];
	const next = value("status.session.next");
	return html`<span class=${`chip ${phase === "open" ? "good" : ""}`} title=${minute(value("status.session.open"))}>
		<b data-src="status.session.phase">${name}</b>
		${edge ? html`<${Edge} edge=${edge} verb=${verb} />` : next && html` · next <${V} src="status.session.next" as="date" />`}
	</span>`;
}

function Clock() {
	const mode = value("status.mode");
	const { at } = status.signal.value;
	const now = value("status.now");
	const skew = mode === "paper" || mode === "live" ? at - Date.parse(now) : 0;
	return html`<span class="chip clock"><${V} src="status.now" as="time" /> <small>IST</small>
		${Math.abs(skew) > SKEW_MS + 1000 && html` <span class="warn" data-fixed title="this device's clock against the engine's">device ${skew > 0 ? "ahead" : "behind"} ${duration(Math.abs(skew))}</span>`}</span>`;
}

function Feed() {
	const up = value("status.feed.up");
	const age = value("status.feed.age_ms");
	const old = up !== true || (value("status.session.phase") === "open" && age > OLD_MS);
	if (value("status.feed.ended")) return html`<span class="chip" title="all of the recorded data was played">Data ended</span>`;
	const name = value("status.feed.paused") ? "held" : up ? "up" : "down";
	return html`<span class=${`chip link ${old ? "bad" : "good"}`} title="market data"><i></i>Data ${name}
		<span class="wide"> <${V} src="status.feed.age_ms" as="duration" /></span></span>`;
}

function Broker() {
	const up = value("status.broker.connected");
	return html`<span class=${`chip link ${up ? "good" : "bad"}`} title="broker"><i></i>Broker <${V} src="status.broker.name" />${up ? "" : " down"}</span>`;
}

function Engine() {
	const state = value("status.state");
	const lost = link.value !== "ok";
	const dayOver = value("status.day.locked") === true; // it runs, but enters nothing until tomorrow
	const kind = lost || state === "locked" || state === "stopped" ? "bad" : state === "running" && !dayOver ? "good" : "warn";
	return html`<span class=${`chip link ${kind}`} title="engine"><i></i>Engine
		${lost ? html` no answer` : html` <${V} src="status.state" as="words" />${dayOver && state === "running" ? ", day locked" : ""}`}</span>`;
}

function DayPnl() {
	const raw = value("status.day.pnl");
	return html`<span class="chip pnl" title="the day's profit and loss, net of known charges"><small>Day P&L</small>
		<b><span class=${`arrow ${tone(raw)}`} aria-hidden="true">${arrow(raw)}</span> <${V} src="status.day.pnl" as="signed" why="a price is missing" /></b>
		${value("status.day.charges_complete") === false && html` <abbr title="some charges are not known, so this is before them">partial</abbr>`}</span>`;
}

/** Pause and resume on one place: whichever makes sense now. */
function PauseButton() {
	const state = value("status.state");
	if (value("status.kill") || state === "stopped" || state === "locked") {
		return html`<button type="button" onClick=${() => { dialog.value = { kind: "resume" }; }}>Re-arm…</button>`;
	}
	if (state === "paused") return html`<button type="button" onClick=${() => { dialog.value = { kind: "resume" }; }}>Resume…</button>`;
	return html`<button type="button" onClick=${pauseEntries} title="no new entries; exits stay on ( . )">Pause</button>`;
}

export function ModeBadge() {
	return html`<b class=${`mode ${value("status.mode") ?? ""}`}><${V} src="status.mode" as="upper" /></b>`;
}

export function Header() {
	const known = status.signal.value.data;
	const stale = link.value !== "ok" || staleOf("status");
	return html`<header class=${`top ${stale ? "stale" : ""}`}>
		<a class="brand" href="#/overview" aria-label="Sauda, overview">Sauda</a>
		${known && html`<${ModeBadge} /><${DayPnl} />`}
		<span class="chips">${known && html`<${Session} /><${Clock} /><${Feed} /><${Broker} />`}<${Engine} /></span>
		<span class="tools">
			<button type="button" class="plain wide" aria-pressed=${String(frozen.value)} title="freeze values (Space)"
				onClick=${() => { frozen.value = !frozen.value; }}>${frozen.value ? "Unfreeze" : "Freeze"}</button>
			<button type="button" class="plain wide" title="dark or light (t)" aria-label="theme" onClick=${toggleTheme}>◐</button>
			<button type="button" class="plain wide" title="keyboard (?)" aria-label="keyboard shortcuts" onClick=${() => { dialog.value = { kind: "keys" }; }}>?</button>
			${known && html`<${PauseButton} />`}
			<button type="button" class="kill" title="Ctrl+Shift+K" onClick=${() => { dialog.value = { kind: "kill" }; }}>KILL</button>
		</span>
	</header>`;
}
