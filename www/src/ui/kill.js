// The kill switch: three rungs of different cost. Pause is one step; stop asks once, with the focus on keeping; flatten
// wants a held button or a typed word. Works from POST answers alone: no feed, no cached state is needed to press it.

import { useEffect, useRef, useState } from "preact/hooks";

import { post } from "../lib/http.js";
import { denied, frozen, positions, refreshAll, session, useApi, value } from "../lib/store.js";
import { dialog, resumeEntries } from "./command.js";
import { Dialog } from "./dialog.js";
import { html } from "./html.js";
import { say } from "./say.js";
import { Side, V } from "./value.js";

const HOLD_MS = 1500;
const ANSWER_MS = 2000;
const WORD = "FLATTEN";
const DONE = {
	pause: "Entries are paused. Exits and stops stay on.",
	stop: "Stopped: no new entries, open entry orders are being cancelled.",
	flatten: "Flatten and lock was accepted.",
};

const close = () => { dialog.value = null; };

/** Open rows of a list with their place in it, for data-src paths. */
function open(data, keep) {
	return (data?.items ?? []).map((row, at) => ({ row, at })).filter(({ row }) => keep(row));
}

function OpenPositions() {
	const state = positions();
	if (!state.data) return html`<p class="muted">Positions are not known right now; the engine flattens what it holds.</p>`;
	const rows = open(state.data, (row) => row.qty !== 0);
	if (!rows.length) return html`<p class="muted">No open position.</p>`;
	return html`<ul class="legs">${rows.map(({ at }) => html`<li>
		<${Side} src=${`positions.items.${at}.side`} /> <${V} src=${`positions.items.${at}.qty`} as="int" /> ×${" "}
		<b><${V} src=${`positions.items.${at}.symbol`} /></b><span class="grow"></span>
		<${V} src=${`positions.items.${at}.pnl`} as="signed" />
	</li>`)}</ul>`;
}

function OpenOrders() {
	const { data } = useApi("openorders", "/api/orders?limit=200", 2000);
	const rows = open(data, (row) => row.can?.length);
	if (!rows.length) return html`<p class="muted">${data ? "No open order." : "Open orders are not known right now."}</p>`;
	return html`<ul class="legs">${rows.map(({ at }) => html`<li>
		<${Side} src=${`openorders.items.${at}.side`} /> <${V} src=${`openorders.items.${at}.qty`} as="int" /> ×${" "}
		<b><${V} src=${`openorders.items.${at}.symbol`} /></b><span class="grow"></span>
		<${V} src=${`openorders.items.${at}.purpose`} as="words" /> · <${V} src=${`openorders.items.${at}.state`} as="words" />
	</li>`)}</ul>`;
}

/** Held with mouse, pen, finger or the space bar for 1.5 s. */
function HoldButton({ onHeld, disabled }) {
	const timer = useRef(0);
	const [holding, setHolding] = useState(false);
	const stop = () => {
		clearTimeout(timer.current);
		setHolding(false);
	};
	const start = () => {
		clearTimeout(timer.current);
		setHolding(true);
		timer.current = setTimeout(() => { setHolding(false); onHeld(); }, HOLD_MS);
	};
	useEffect(() => stop, []);
	return html`<button type="button" class=${`hold bad ${holding ? "holding" : ""}`} disabled=${disabled}
		onPointerDown=${start} onPointerUp=${stop} onPointerLeave=${stop} onPointerCancel=${stop}
		onKeyDown=${(event) => { if (event.key === " " && !event.repeat) start(); }} onKeyUp=${stop} onBlur=${stop}>
		<span data-fixed>${holding ? "Keep holding…" : "Hold 1.5 s to flatten & lock"}</span></button>`;
}

function Flatten({ send, busy }) {
	const [word, setWord] = useState("");
	const submit = (event) => {
		event.preventDefault();
		if (word === WORD && !busy) send("flatten");
	};
	return html`<h3>These positions will be closed</h3><${OpenPositions} />
		<p class="muted">Stays locked, also after a restart, until an admin re-arms it with a reason.</p>
		<${HoldButton} disabled=${busy} onHeld=${() => send("flatten")} />
		<form class="row" onSubmit=${submit}>
			<label>or type <b>${WORD}</b> <input data-first autocomplete="off" spellcheck="false" autocapitalize="characters" size="10" value=${word}
				onInput=${(event) => setWord(event.target.value)} /></label>
			<button class="bad" disabled=${word !== WORD || busy}>Flatten & lock</button>
		</form>`;
}

function Stop({ send, busy }) {
	return html`<h3>These orders will be cancelled if they are entries</h3><${OpenOrders} />
		<p class="muted">Stops, targets and exits of open positions stay on. Re-arming needs an admin and a reason.</p>
		<div class="row">
			<button type="button" data-first onClick=${close}>Keep trading</button>
			<button type="button" class="bad" disabled=${busy} onClick=${() => send("stop")}>Stop strategies</button>
		</div>`;
}

function Progress() {
	return html`<p role="status"><b>Engine:</b> <${V} src="status.state" as="words" /></p><h3>Still open</h3><${OpenPositions} /><${OpenOrders} />
		<div class="row"><button type="button" onClick=${close}>Close</button></div>`;
}

function Failed({ error, rung }) {
	return html`<div class="fault" role="alert"><b>The engine did not confirm.</b> <code data-fixed>${error.code}</code>
		<p data-fixed>${error.message}</p>
		<p>Run this on the server, then check the broker's own app or phone desk:</p>
		<pre data-fixed>enginectl kill ${rung}</pre></div>`;
}

export function KillDialog() {
	const [rung, setRung] = useState(null);
	const [busy, setBusy] = useState(false);
	const [failed, setFailed] = useState(null);
	const [sent, setSent] = useState(false);
	const refusal = session.value.role ? denied("trade") : null; // who is not known yet is not kept from the switch
	const send = async (which) => {
		setBusy(true);
		setFailed(null);
		try {
			await post("/api/kill", { rung: which, reason: "dashboard" }, ANSWER_MS);
			frozen.value = false;
			refreshAll();
			say(DONE[which]);
			if (which === "flatten") setSent(true);
			else close();
		} catch (error) {
			setFailed({ error, rung: which });
		} finally {
			setBusy(false);
		}
	};
	const choice = (key, name, text, act) => html`<button type="button" class=${`rung ${rung === key ? "chosen" : ""}`} disabled=${refusal || busy}
		aria-expanded=${key === "pause" ? undefined : String(rung === key)} onClick=${act} data-first=${key === "pause" || undefined}><b>${name}</b><span>${text}</span></button>`;
	return html`<${Dialog} title="Kill switch" danger onClose=${close}>
		${refusal && html`<p class="fault">Commands are off: ${refusal}.</p>`}
		${failed && html`<${Failed} ...${failed} />`}
		${sent ? html`<${Progress} />` : html`
			${choice("pause", "Pause entries", "At once. Positions and their stops go on.", () => send("pause"))}
			${choice("stop", "Stop", "No entries, open entry orders cancelled.", () => setRung("stop"))}
			${rung === "stop" && html`<${Stop} send=${send} busy=${busy} />`}
			${choice("flatten", "Flatten & lock", "Close every position, then lock.", () => setRung("flatten"))}
			${rung === "flatten" && html`<${Flatten} send=${send} busy=${busy} />`}`}
	<//>`;
}

/** Resuming adds risk, so it asks; after stop or flatten it also wants a reason for the audit. */
export function ResumeDialog() {
	const [reason, setReason] = useState("");
	const [problem, setProblem] = useState(null);
	const latched = value("status.kill");
	const refusal = denied(latched ? "admin" : "trade");
	const submit = async (event) => {
		event.preventDefault();
		const refused = await resumeEntries(reason.trim() || "dashboard");
		if (refused) setProblem(refused);
		else close();
	};
	return html`<${Dialog} title=${latched ? "Re-arm the engine" : "Resume entries"} onClose=${close}>
		${latched && html`<p><b><${V} src="status.kill.rung" as="words" /></b> by <${V} src="status.kill.by" /> at${" "}
			<${V} src="status.kill.at" as="datetime" />: <${V} src="status.kill.reason" /></p>`}
		<p>${latched ? "Strategies may enter again as soon as this is accepted." : "Strategies may enter again at once."}</p>
		${refusal && html`<p class="fault">Not possible here: ${refusal}.</p>`}
		${problem && html`<p class="fault" role="alert" data-fixed>${problem.message} ${problem.remedy}</p>`}
		<form onSubmit=${submit}>
			<label class="field">Reason${latched ? "" : " (optional)"}
				<input maxlength="63" value=${reason} data-first=${latched ? true : undefined} required=${Boolean(latched)}
					onInput=${(event) => setReason(event.target.value)} /></label>
			<div class="row"><button type="button" data-first=${latched ? undefined : true} onClick=${close}>${latched ? "Stay locked" : "Stay paused"}</button>
				<button class="primary" disabled=${Boolean(refusal) || (latched && !reason.trim())}>${latched ? "Re-arm" : "Resume entries"}</button></div>
		</form>
	<//>`;
}
