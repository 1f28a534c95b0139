// Closed round trips. A net that lacks an unknown charge is a dash; what is known is shown beside it and named so.

import { html } from "../ui/html.js";
import { Book } from "../ui/book.js";
import { Side, V } from "../ui/value.js";

function Net({ at, item }) {
	if (item.net !== null) return html`<${V} src=${`${at}.net`} as="signed" />`;
	const missing = (item.charges_unknown ?? []).join(", ");
	return html`<${V} src=${`${at}.net`} as="signed" why="charges are not complete" />${" "}
		<small class="muted"> known <${V} src=${`${at}.net_known`} as="signed" />${missing && html` <abbr title=${`not known: ${missing}`}>partial</abbr>`}</small>`;
}

const COLUMNS = [
	{ head: "No.", num: true, cell: (at) => html`<${V} src=${`${at}.number`} as="int" />` },
	{ head: "Entered", cell: (at) => html`<${V} src=${`${at}.entered`} as="datetime" />` },
	{ head: "Left", cell: (at) => html`<${V} src=${`${at}.left`} as="datetime" />` },
	{ head: "Side", cell: (at) => html`<${Side} src=${`${at}.side`} />` },
	{ head: "Instrument", big: true, wide: true, cell: (at) => html`<b><${V} src=${`${at}.symbol`} /></b> <small class="muted"><${V} src=${`${at}.strategy`} /></small>` },
	{ head: "Qty", num: true, cell: (at) => html`<${V} src=${`${at}.qty`} as="int" />` },
	{ head: "Entry", num: true, cell: (at) => html`<${V} src=${`${at}.entry`} as="price" />` },
	{ head: "Exit", num: true, cell: (at) => html`<${V} src=${`${at}.exit`} as="price" />` },
	{ head: "Why left", cell: (at) => html`<${V} src=${`${at}.exit_reason`} as="words" />` },
	{ head: "Gross", num: true, cell: (at) => html`<${V} src=${`${at}.gross`} as="signed" />` },
	{ head: "Charges", num: true, cell: (at) => html`<${V} src=${`${at}.charges`} as="money" />` },
	{ head: "Net", num: true, big: true, cell: (at, item) => html`<${Net} at=${at} item=${item} />` },
];

export function History() {
	return html`<${Book} page="history" title="Closed trades" every=${4000} columns=${COLUMNS} empty=${{ why: "No trade was closed yet.", next: "Open ones are under Positions." }} />`;
}
