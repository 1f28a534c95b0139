// A titled box and the vocabulary of its states: loading, empty (why and what next), stale (with its age), error (cause,
// code, remedy, Retry). The same words everywhere.

import { html } from "./html.js";
import { time } from "../lib/fmt.js";
import { refreshAll, staleOf } from "../lib/store.js";

export function Loading({ rows = 3 }) {
	return html`<div class="skeleton" role="status" aria-label="loading">${Array.from({ length: rows }, () => html`<i></i>`)}</div>`;
}

export function Empty({ why, next }) {
	return html`<p class="empty"><b>${why}</b>${next && html` <span>${next}</span>`}</p>`;
}

export function Fault({ error, retry = refreshAll }) {
	return html`<div class="fault" role="alert">
		<b>${error.title || "Request failed"}</b> <code data-fixed>${error.code}</code>
		<p data-fixed>${error.message}</p>
		${error.remedy && html`<p data-fixed>${error.remedy}</p>`}
		<button type="button" onClick=${retry}>Retry</button>
	</div>`;
}

function Age({ state }) {
	const text = state.at === null ? "" : `as of ${time(state.at)} IST`;
	return html`<span class="tag warn" data-fixed title=${state.error?.message}>stale · ${text}</span>`;
}

/** of: name of the resource; state: what useApi gave. Children are drawn only when there is an answer. */
export function Panel({ title, of, state, actions, children, class: extra = "", id }) {
	const stale = state.data && (staleOf(of) || state.error);
	const body = state.data ? children : state.error ? html`<${Fault} error=${state.error} />` : html`<${Loading} />`;
	return html`<section class=${`panel ${extra} ${stale ? "stale" : ""}`} aria-labelledby=${id} aria-busy=${!state.data && !state.error}>
		<header><h2 id=${id}>${title}</h2>${stale ? html`<${Age} state=${state} />` : null}<span class="grow"></span>${actions}</header>
		<div class="body">${body}</div>
	</section>`;
}
