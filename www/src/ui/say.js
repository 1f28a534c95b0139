// Short messages. Results of commands are assertive, everything else polite; prices are never announced.

import { signal } from "@preact/signals";

import { html } from "./html.js";

const SHOWN_MS = 6000;
const toast = signal(null);
let timer = 0;

export function say(text, { bad = false } = {}) {
	toast.value = { text, bad };
	clearTimeout(timer);
	timer = setTimeout(() => {
		toast.value = null;
	}, bad ? 2 * SHOWN_MS : SHOWN_MS);
}

export function Toast() {
	const now = toast.value;
	return html`<div class="toasts">
		<div role="status" class=${now && !now.bad ? "toast" : ""} data-fixed>${now && !now.bad ? now.text : ""}</div>
		<div role="alert" class=${now?.bad ? "toast bad" : ""} data-fixed>${now?.bad ? now.text : ""}</div>
	</div>`;
}
