// Phones: the pages that have no place in the bottom bar, and the switches the narrow header leaves out.

import { html } from "../ui/html.js";
import { dialog } from "../ui/command.js";
import { toggleTheme } from "../ui/theme.js";
import { frozen } from "../lib/store.js";

export function More({ pages }) {
	return html`<section class="panel"><header><h2>More</h2></header><div class="body menu">
		${Object.entries(pages).filter(([, [, , pinned]]) => !pinned).map(([page, [name]]) => html`<a href=${`#/${page}`}>${name}</a>`)}
		<button type="button" onClick=${toggleTheme}>Dark or light</button>
		<button type="button" aria-pressed=${String(frozen.value)} onClick=${() => { frozen.value = !frozen.value; }}>${frozen.value ? "Unfreeze values" : "Freeze values"}</button>
		<button type="button" onClick=${() => { dialog.value = { kind: "keys" }; }}>Keyboard</button>
	</div></section>`;
}
