// The order book: open and finished, each with the reason in the row.

import { html } from "../ui/html.js";
import { denied } from "../lib/store.js";
import { Book } from "../ui/book.js";
import { cancelOrder } from "../ui/command.js";
import { Ticket } from "../ui/ticket.js";
import { Pill, Side, V } from "../ui/value.js";

const COLUMNS = [
	{ head: "Time, tag", two: true, cell: (at, item) => html`<${V} src=${`${at}.at`} as="datetime" /> <small class="muted" title=${item.broker_ref ? `at the broker: ${item.broker_ref}` : undefined}><${V} src=${`${at}.tag`} /></small>` },
	{ head: "Side", cell: (at) => html`<${Side} src=${`${at}.side`} />` },
	{ head: "Instrument", big: true, wide: true, two: true, cell: (at) => html`<b><${V} src=${`${at}.symbol`} /></b> <small class="muted"><${V} src=${`${at}.strategy`} /></small>` },
	{ head: "For", two: true, cell: (at) => html`<${V} src=${`${at}.purpose`} /> <small class="muted"><${V} src=${`${at}.product`} /> <${V} src=${`${at}.type`} as="upper" /></small>` },
	{ head: "Filled", num: true, cell: (at) => html`<${V} src=${`${at}.filled`} as="int" /> / <${V} src=${`${at}.qty`} as="int" />` },
	{ head: "Price", num: true, cell: (at) => html`<${V} src=${`${at}.price`} as="price" />` },
	{ head: "Trigger", num: true, cell: (at) => html`<${V} src=${`${at}.trigger`} as="price" why="not a stop order" />` },
	{ head: "Avg", num: true, cell: (at) => html`<${V} src=${`${at}.average`} as="price" why="nothing filled" />` },
	{ head: "Status", big: true, cell: (at) => html`<${Pill} src=${`${at}.state`} />` },
	{ head: "Cancel", cell: (at, item) => item.can?.includes("cancel") && html`<button type="button" disabled=${Boolean(denied("trade"))} title=${denied("trade") ?? undefined}
		aria-label=${`Cancel order ${item.order}`} onClick=${() => cancelOrder(item.order)}>Cancel</button>` },
	{ head: "Reason", cell: (at) => html`<${V} src=${`${at}.reason`} as="words" class="clip" />` },
];

export function Orders() {
	return html`<${Ticket} /><${Book} page="orders" title="Orders" every=${2000} columns=${COLUMNS} dim=${(order) => order.state === "cancelled" || order.state === "expired"}
		empty=${{ why: "No order yet.", next: "Refused signals are under Events." }} />`;
}
