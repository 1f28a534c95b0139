// Parameters of a strategy: typed, ranged, shown as a diff before anything is sent. Only what was changed is sent, so two
// people editing different parameters do not undo each other. Saving needs a loaded form: without an answer there is none.

import { useState } from "preact/hooks";

import { check } from "../lib/check.js";
import { patch } from "../lib/http.js";
import { denied, refreshAll } from "../lib/store.js";
import { Dialog } from "../ui/dialog.js";
import { html } from "../ui/html.js";
import { say } from "../ui/say.js";
import { V } from "../ui/value.js";

function Input({ param, text, onInput, bad }) {
	const common = { id: `f-${param.name}`, "aria-describedby": `h-${param.name}`, "aria-invalid": bad ? "true" : undefined, class: bad ? "invalid" : "" };
	const choices = param.type === "bool" ? ["true", "false"] : param.choices;
	if (choices && (param.type === "bool" || param.type === "choice")) {
		return html`<select ...${common} value=${text} onChange=${(e) => onInput(e.target.value)}>${choices.map((c) => html`<option value=${c} selected=${c === text}>${{ true: "yes", false: "no" }[c] ?? c}</option>`)}</select>`;
	}
	return html`<input ...${common} value=${text} autocomplete="off" inputmode=${param.type === "time" ? "text" : "decimal"} onInput=${(e) => onInput(e.target.value.trim())} />`;
}

function Field({ param, i, text, onInput, refused }) {
	const bad = check(param, text) ?? refused;
	const at = `strategy.params.${i}`;
	const ranged = param.type !== "bool" && param.type !== "choice";
	return html`<div class=${`param ${text !== param.value ? "changed" : ""}`}>
		<label for=${`f-${param.name}`}><${V} src=${`${at}.name`} as="words" /></label>
		<span class="row"><${Input} param=${param} text=${text} onInput=${onInput} bad=${bad} /> ${param.unit && html`<small class="muted"><${V} src=${`${at}.unit`} /></small>`}</span>
		<small id=${`h-${param.name}`}>${bad ? html`<b class="neg" data-fixed>${bad}. </b>` : ""}<${V} src=${`${at}.help`} /><br /><span class="muted">${ranged && html`<${V} src=${`${at}.min`} /> to <${V} src=${`${at}.max`} />, `}standard <${V} src=${`${at}.standard`} /></span></small>
	</div>`;
}

function Diff({ id, changes, onClose, onSaved, onRefused }) {
	const [problem, setProblem] = useState(null);
	const [busy, setBusy] = useState(false);
	const save = async () => {
		setBusy(true);
		try {
			await patch(`/api/strategies/${encodeURIComponent(id)}`, { params: Object.fromEntries(changes.map((c) => [c.param.name, c.text])) });
			onSaved();
		} catch (error) {
			setProblem(error);
			onRefused(error);
		} finally {
			setBusy(false);
		}
	};
	return html`<${Dialog} title="Save these changes?" onClose=${onClose}>
		<table class="diff" data-fixed><thead><tr><th scope="col">Parameter</th><th scope="col">Now</th><th scope="col">New</th></tr></thead>
			<tbody>${changes.map(({ param, text }) => html`<tr><th scope="row">${param.name}</th><td><del>${param.value}</del></td><td><ins>${text}</ins> ${param.unit}</td></tr>`)}</tbody></table>
		${changes.some((c) => c.param.name === "live" && c.text === "true") && html`<p class="fault"><b>This lets the strategy trade real money.</b></p>`}
		${problem && html`<div class="fault" role="alert"><b>${problem.title}</b> <code data-fixed>${problem.code}</code><p data-fixed>${problem.message}</p>${problem.remedy && html`<p data-fixed>${problem.remedy}</p>`}</div>`}
		<div class="row"><button type="button" data-first onClick=${onClose}>Back</button><button type="button" class="primary" disabled=${busy} onClick=${save}>Save</button></div>
	<//>`;
}

export function Params({ id, params }) {
	const [edits, setEdits] = useState({});
	const [asking, setAsking] = useState(false);
	const [refused, setRefused] = useState(null);
	const textOf = (param) => edits[param.name] ?? param.value;
	const changes = params.filter((p) => textOf(p) !== p.value).map((param) => ({ param, text: textOf(param) }));
	const invalid = changes.some((c) => check(c.param, c.text));
	const off = denied("admin");
	const edit = (name) => (text) => { setEdits({ ...edits, [name]: text }); setRefused(null); };
	const blame = (name) => (refused?.message.split(/[ :]/)[0] === name ? refused.message : null);
	const saved = () => { setEdits({}); setAsking(false); say(`Parameters of ${id} are saved.`); refreshAll(); };
	return html`<form onSubmit=${(e) => { e.preventDefault(); if (changes.length && !invalid && !off) setAsking(true); }}>
		<div class="params">${params.map((param, i) => html`<${Field} key=${param.name} param=${param} i=${i} text=${textOf(param)} onInput=${edit(param.name)} refused=${blame(param.name)} />`)}</div>
		<div class="row end">${off && html`<span class="muted">Saving ${off}.</span>`}
			<button type="button" disabled=${!changes.length} onClick=${() => setEdits({})}>Discard</button>
			<button class="primary" disabled=${!changes.length || invalid || Boolean(off)}>Review changes…</button></div>
		${asking && html`<${Diff} id=${id} changes=${changes} onClose=${() => setAsking(false)} onSaved=${saved} onRefused=${setRefused} />`}
	</form>`;
}
