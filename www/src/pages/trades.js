// Fills, one row an execution.

import { html } from "../ui/html.js";
import { Book } from "../ui/book.js";
import { Side, V } from "../ui/value.js";

const COLUMNS = [
	{ head: "Time", cell: (at) => html`<${V} src=${`${at}.at`} as="datetime" />` },
	{ head: "Side", cell: (at) => html`<${Side} src=${`${at}.side`} />` },
	{ head: "Instrument", big: true, wide: true, cell: (at) => html`<b><${V} src=${`${at}.symbol`} /></b> <small class="muted"><${V} src=${`${at}.strategy`} /></small>` },
	{ head: "Qty", num: true, cell: (at) => html`<${V} src=${`${at}.qty`} as="int" />` },
	{ head: "Price", num: true, big: true, cell: (at) => html`<${V} src=${`${at}.price`} as="price" />` },
	{ head: "Charges", num: true, cell: (at, item) => html`<${V} src=${`${at}.charges`} as="money" />${item.charges_complete === false && html` <abbr title="some charges are not known">partial</abbr>`}` },
	{ head: "Order", num: true, cell: (at) => html`<${V} src=${`${at}.order`} />` },
	{ head: "Trade id", num: true, cell: (at) => html`<${V} src=${`${at}.trade`} />` },
];

export function Trades() {
	return html`<${Book} page="trades" title="Trades" every=${3000} columns=${COLUMNS} empty=${{ why: "No fill yet.", next: "Orders at work are under Orders." }} />`;
}
