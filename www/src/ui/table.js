// Tables: numbers right-aligned under their heading; on a phone each row becomes a card, its headings repeated by CSS.
// Roles are spelled out because a changed `display` takes a table's meaning away.

import { html } from "./html.js";

/** columns: [{ head, num, big, wide, two, cell(base, item) }]; wide: a line of its own on a phone; two: its <small> below. base is the data-src path of
 * the list; items are the list itself, or { row, at } for a choice of its rows with their places. */
export function Table({ label, columns, items, base, keyOf = (item, i) => i, dim, foot }) {
	const row = (entry, i) => {
		const [item, place] = entry.row ? [entry.row, entry.at] : [entry, i];
		return html`<tr role="row" key=${keyOf(item, place)} class=${dim?.(item) ? "dim" : ""}>
			${columns.map((c) => html`<td role="cell" data-label=${c.head} class=${`${c.num ? "num" : ""} ${c.big ? "big" : ""} ${c.wide ? "all" : ""} ${c.two ? "two" : ""}`}>
				${c.cell(`${base}.${place}`, item)}</td>`)}
		</tr>`;
	};
	return html`<div class="scroll" role="group" aria-label=${label} tabindex="0">
		<table role="table" aria-label=${label}>
			<thead role="rowgroup"><tr role="row">
				${columns.map((c) => html`<th role="columnheader" scope="col" class=${c.num ? "num" : ""}>${c.head}</th>`)}
			</tr></thead>
			<tbody role="rowgroup">${items.map(row)}</tbody>
			${foot && html`<tfoot role="rowgroup"><tr role="row">${foot}</tr></tfoot>`}
		</table>
	</div>`;
}
