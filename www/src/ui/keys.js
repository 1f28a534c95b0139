// Keyboard. Single letters can be switched off (WCAG 2.1.4); no key ever sends an order, the kill key opens the dialog.

import { frozen } from "../lib/store.js";
import { go } from "../lib/route.js";
import { dialog, pauseEntries } from "./command.js";
import { html } from "./html.js";
import { Dialog } from "./dialog.js";
import { letterKeys, setLetterKeys, toggleTheme } from "./theme.js";

export const GO = {
	o: "overview", s: "strategies", p: "positions", d: "orders", t: "trades", h: "history", c: "charts", r: "risk", l: "events",
	a: "about",
};
const GO_MS = 1200;

let wentG = 0;

function letter(event) {
	if (Date.now() - wentG < GO_MS && GO[event.key]) {
		wentG = 0;
		return () => go(GO[event.key]);
	}
	return {
		g: () => { wentG = Date.now(); },
		t: toggleTheme,
		".": pauseEntries,
		"?": () => { dialog.value = { kind: "keys" }; },
		" ": event.target === document.body ? () => { frozen.value = !frozen.value; } : null,
	}[event.key];
}

export function onKey(event) {
	if (event.ctrlKey && event.shiftKey && event.code === "KeyK") {
		event.preventDefault();
		dialog.value = { kind: "kill" };
		return;
	}
	const typing = event.target.closest?.("input, select, textarea, dialog");
	if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat || !letterKeys.value) return;
	const act = letter(event);
	if (!act) return;
	event.preventDefault();
	act();
}

const HELP = [
	["Ctrl+Shift+K", "kill dialog"], [".", "pause entries"], ["Space", "freeze the values on the screen"], ["t", "dark or light"],
	["?", "this list"], ["Esc", "close a dialog"],
];

export function KeysDialog() {
	const close = () => { dialog.value = null; };
	const rows = Object.entries(GO).map(([key, page]) => [`g ${key}`, page]).concat(HELP);
	return html`<${Dialog} title="Keyboard" onClose=${close}>
		<dl class="keys" data-fixed>${rows.map(([key, what]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${what}</dd></div>`)}</dl>
		<label class="check"><input type="checkbox" data-first checked=${letterKeys.value}
			onChange=${(event) => setLetterKeys(event.target.checked)} /> single-letter keys</label>
	<//>`;
}
