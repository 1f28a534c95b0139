// An order by hand: the gate's verdict and the cost first, then the order. One key for one verdict: a second press places nothing twice.

import { useState } from "preact/hooks";

import { money } from "../lib/fmt.js";
import { newKey, post } from "../lib/http.js";
import { denied, refreshAll } from "../lib/store.js";
import { Dialog } from "./dialog.js";
import { html } from "./html.js";
import { say } from "./say.js";

const EMPTY = { symbol: "", side: "buy", qty: "", price: "", product: "MIS" };
const ROWS = [["Price", "price"], ["Value", "value"], ["Charges", "charges"], ["Needed", "cost"], ["Free", "free"], ["Worst loss", "worst_loss"]];

function Problem({ error }) {
	return error && html`<div class="fault" role="alert"><b>${error.title}</b> <code data-fixed>${error.code}</code><p data-fixed>${error.message}</p>
		${error.remedy && html`<p data-fixed>${error.remedy}</p>`}</div>`;
}

function Verdict({ asked, onClose, onPlaced }) {
	const { body, answer, key } = asked;
	const [busy, setBusy] = useState(false);
	const [problem, setProblem] = useState(null);
	const why = [...answer.refusals.map((r) => r.text), ...(answer.conflict ? [answer.conflict] : [])];
	const place = async () => {
		setBusy(true);
		try {
			await post("/api/orders", body, undefined, key);
			onPlaced();
		} catch (error) {
			setProblem(error);
		} finally {
			setBusy(false);
		}
	};
	return html`<${Dialog} title=${answer.closes ? "Close by hand?" : "Place this order?"} onClose=${onClose}>
		<p data-fixed><b>${answer.side.toUpperCase()} ${answer.qty} × ${answer.symbol}</b> ${body.price ? `limit ${body.price}` : "at the market's price"}, ${answer.product}</p>
		<table class="diff" data-fixed><tbody>${ROWS.map(([head, name]) => html`<tr><th scope="row">${head}</th><td class="num">${answer[name] === null ? "not known" : money(answer[name])}</td></tr>`)}</tbody></table>
		${why.length > 0 && html`<div class="fault" role="alert"><b>The gate refuses</b>${why.map((text) => html`<p data-fixed>${text}</p>`)}</div>`}
		<${Problem} error=${problem} />
		<div class="row"><button type="button" data-first onClick=${onClose}>Back</button>
			<button type="button" class="primary" disabled=${busy || !answer.allowed} onClick=${place}>Place order</button></div>
	<//>`;
}

export function Ticket() {
	const [order, setOrder] = useState(EMPTY);
	const [asked, setAsked] = useState(null);
	const [problem, setProblem] = useState(null);
	const off = denied("trade");
	const set = (name) => (e) => setOrder({ ...order, [name]: e.target.value.trim() });
	const ready = order.symbol && /^[1-9]\d*$/.test(order.qty) && /^(\d+(\.\d+)?)?$/.test(order.price);
	const preview = async (event) => {
		event.preventDefault();
		const { price, ...rest } = order;
		const body = { ...rest, qty: Number(order.qty), ...(price && { price }) };
		setProblem(null);
		try {
			setAsked({ body, key: newKey(), answer: await post("/api/orders/preview", body) });
		} catch (error) {
			setProblem(error);
		}
	};
	const placed = () => {
		say(`Order for ${asked.body.symbol} is placed.`);
		setAsked(null);
		setOrder(EMPTY);
		refreshAll();
	};
	return html`<details class="ticket"><summary>Order by hand</summary>
		<form class="row" onSubmit=${preview}>
			<label>Instrument <input name="symbol" value=${order.symbol} autocomplete="off" spellcheck=${false} onInput=${set("symbol")} /></label>
			<label>Side <select name="side" value=${order.side} onChange=${set("side")}><option value="buy">buy</option><option value="sell">sell</option></select></label>
			<label>Units <input name="qty" class="short" value=${order.qty} inputmode="numeric" autocomplete="off" onInput=${set("qty")} /></label>
			<label>Limit <input name="price" class="short" value=${order.price} inputmode="decimal" autocomplete="off" placeholder="market" onInput=${set("price")} /></label>
			<label>Product <select name="product" value=${order.product} onChange=${set("product")}><option value="MIS">MIS</option><option value="NRML">NRML</option></select></label>
			<button class="primary" disabled=${!ready || Boolean(off)} title=${off ?? undefined}>Preview…</button>
		</form>
		<${Problem} error=${problem} />
		${asked && html`<${Verdict} asked=${asked} onClose=${() => setAsked(null)} onPlaced=${placed} />`}</details>`;
}
