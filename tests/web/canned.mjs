// A day of answers in the shapes of docs/api.md, as JSON text so that decimals stay as the engine prints them. Money is
// made from whole paise; nothing here is market data.

export const rupees = (paise) => ({ paise });

/** JSON with { paise } printed as an exact decimal, two digits or four when `e4` is given instead. */
export function encode(value) {
	if (value === null || typeof value !== "object") return JSON.stringify(value ?? null);
	if (Array.isArray(value)) return `[${value.map(encode).join(",")}]`;
	if ("paise" in value) return `${value.paise < 0 ? "-" : ""}${Math.floor(Math.abs(value.paise) / 100)}.${String(Math.abs(value.paise) % 100).padStart(2, "0")}`;
	return `{${Object.entries(value).map(([k, v]) => `${JSON.stringify(k)}:${encode(v)}`).join(",")}}`;
}

export const DATE = "2023-04-10";
const OPEN = Date.parse(`${DATE}T09:15:00+05:30`);
export const stamp = (minutes, seconds = 0) => new Date(OPEN + minutes * 60000 + seconds * 1000 + 19800000).toISOString().replace("Z", "+05:30");

const OPTION = "BANKNIFTY2341341000CE";
const r = rupees;

export function status() {
	return {
		mode: "replay", state: "running", step: null, now: stamp(76, 15),
		session: { date: DATE, phase: "open", open: stamp(0), close: stamp(375), square_off: stamp(350), next: "2023-04-11", assumed: true, name: "" },
		feed: { kind: "contract bars", source: "options/banknifty_2023-04-10.csv", underlying: "BANKNIFTY", underlying_source: "near future", up: true, age_ms: 40,
			speed: "60", paused: false, rows: 18240, rows_total: 92160, bad_rows: 0, ended: false },
		broker: { name: "paper", connected: true }, store: { backend: "sqlite", ok: true, seq: 40210, lag: 2 },
		journal: { seq: 40212, durable: 40212, id: "9f3c2a10b7" }, uptime_s: 92, version: "0.1.0", build: "3f9c21d", pid: 4121, epoch: 1700000000,
		underlyings: ["BANKNIFTY", "NIFTY"],
		day: { pnl: r(123450), realised: r(98000), unrealised: r(41250), charges: r(15800), charges_complete: false, trades: 3, locked: false, lock: null }, kill: null, not_flat: null,
	};
}

export function balance() {
	return { mode: "replay", source: "paper", broker_connected: true, age_ms: 12, capital: r(1500000), cash_free: r(983725), used: r(639725), realised: r(98000),
		unrealised: r(41250), charges: r(15800), charges_complete: false, equity: r(1623450), day_pnl: r(123450) };
}

const POSITION = { symbol: OPTION, side: "buy", qty: 25, entry: r(25590), last: r(27240), pnl: r(41250), stop: r(22110), target: r(32550), index_stop: r(4089010) };

function strategy(id, kind, title, more) {
	return { id, kind, title, state: "running", live: false, underlying: "BANKNIFTY", bar_minutes: 1, trade: "option", day_pnl: r(0), pnl: r(0), trades_today: 0, trades: 0, wins: 0,
		loss_streak: 0, position: null, last_signal: null, why_not: null, ...more };
}

export function strategies() {
	return { mode: "replay", items: [
		strategy("amd", "amd", "Accumulation, manipulation, distribution", { day_pnl: r(101240), pnl: r(101240), trades_today: 2, trades: 12, wins: 7, position: POSITION,
			last_signal: { at: stamp(71), direction: "bullish", taken: true, refusal: null, text: "swept the low of the range and closed back inside" } }),
		strategy("breakout", "breakout", "Opening range breakout", { day_pnl: r(-32700), pnl: r(-32700), trades_today: 1, trades: 9, wins: 3, loss_streak: 1,
			last_signal: { at: stamp(40), direction: "bearish", taken: false, refusal: "cost_too_high", text: "spread and charges exceed 20 % of the risk" },
			why_not: { code: "rsi_range", text: "RSI 57.2 is outside 60 to 80", since: stamp(74) } }),
		strategy("trap", "trap", "Trap reversal", { state: "paused", underlying: "NIFTY", bar_minutes: 3, why_not: { code: "strategy_paused", text: "this strategy is paused", since: stamp(12) } }),
		strategy("vwap", "vwap", "VWAP pullback", { why_not: { code: "outside_hours", text: "outside the entry window", since: stamp(0) } }),
	] };
}

const param = (name, type, value, min, max, standard, unit, help, choices = null) => ({ name, type, value, min, max, standard, unit, help, choices });
export function detail() {
	return {
		params: [
			param("bar", "choice", "1", "", "", "1", "min", "length of the bars the rules look at", ["1", "3", "5", "15"]),
			param("live", "bool", "false", "", "", "false", "", "may trade real money"), param("entry_from", "time", "09:20", "00:00", "24:00", "09:20", "IST", "no entry before"),
			param("entries_per_day", "int", "6", "1", "1000", "6", "", "most entries in a day"), param("risk_pct", "decimal", "2", "0.01", "20", "2", "%", "of capital at risk in a trade"),
			param("rsi_low", "int", "40", "0", "100", "40", "", "least RSI for a bullish signal"),
		],
		funnel: { evaluations: 76, conditions: [{ name: "warm_up", passed: 62 }, { name: "range_found", passed: 31 }, { name: "rsi_range", passed: 14 }, { name: "volume", passed: 5 }],
			signals: 3, refusals: [{ code: "cost_too_high", count: 1 }], entries: 2 },
	};
}

export function positions() {
	return { mode: "replay", items: [
		{ symbol: OPTION, strategy: "amd", product: "MIS", side: "long", qty: 25, lots: 1, lot: 25, average: r(25590), last: r(27240), last_age_ms: 420, value: r(681000), pnl: r(41250),
			realised: r(0), charges: r(2430), charges_complete: true, opened: stamp(71, 4) },
		{ symbol: "BANKNIFTY2341340800PE", strategy: "breakout", product: "MIS", side: "long", qty: 25, lots: 1, lot: 25, average: r(18045), last: null, last_age_ms: 8210, value: null, pnl: null,
			realised: r(0), charges: r(1990), charges_complete: false, opened: stamp(44, 9) },
		{ symbol: "BANKNIFTY2341340900CE", strategy: "amd", product: "MIS", side: "flat", qty: 0, lots: 0, lot: 25, average: null, last: r(21200), last_age_ms: 200, value: r(0), pnl: r(98000),
			realised: r(98000), charges: r(11380), charges_complete: true, opened: stamp(22) },
	], total: { pnl: null, realised: r(98000), unrealised: null, charges: r(15800) } };
}

export function orders() {
	const order = (seq, more) => ({ seq, order: seq - 40000, tag: `k9x${seq}`, at: stamp(seq - 40100), updated: stamp(seq - 40100, 2), symbol: OPTION, strategy: "amd", side: "buy", type: "limit", purpose: "entry",
		product: "MIS", qty: 25, filled: 25, price: r(25600), trigger: null, average: r(25590), state: "filled", reason: "", broker_ref: `P${seq}`, can: [], ...more });
	return { items: [
		order(40172, { side: "sell", type: "sl", purpose: "stop", filled: 0, price: r(21900), trigger: r(22110), average: null, state: "trigger_pending", reason: "resting stop" }),
		order(40173, { strategy: "manual", filled: 0, average: null, state: "open", reason: "manual", can: ["cancel"] }),
		order(40171, {}), order(40150, { filled: 0, average: null, state: "rejected", reason: "RMS: margin exceeds, required 6,400.00, available 5,112.50", broker_ref: "" }),
		order(40144, { symbol: "BANKNIFTY2341340800PE", strategy: "breakout", price: r(18050), average: r(18045) }), order(40125, { filled: 0, average: null, state: "cancelled", reason: "not filled after two reprices" }),
	], next: 40120 };
}

export function trades() {
	const fill = (seq, more) => ({ seq, at: stamp(seq - 40100, 3), order: seq - 40001, trade: seq * 7, symbol: OPTION, strategy: "amd", side: "buy", qty: 25, price: r(25590), charges: r(2430), charges_complete: true, ...more });
	return { items: [fill(40173, {}), fill(40145, { symbol: "BANKNIFTY2341340800PE", strategy: "breakout", price: r(18045), charges: r(1990), charges_complete: false }),
		fill(40130, { side: "sell", symbol: "BANKNIFTY2341340900CE", price: r(21120) })], next: null };
}

export function history() {
	return { items: [
		{ seq: 40131, number: 2, symbol: "BANKNIFTY2341340900CE", strategy: "amd", side: "buy", qty: 25, entry: r(17200), exit: r(21120), entered: stamp(22), left: stamp(30), exit_reason: "target", gross: r(98000),
			charges: r(11380), net: r(86620), charges_complete: true, charges_unknown: [] },
		{ seq: 40119, number: 1, symbol: "BANKNIFTY2341340700PE", strategy: "breakout", side: "buy", qty: 25, entry: r(15000), exit: r(13692), entered: stamp(6), left: stamp(19), exit_reason: "option_stop", gross: r(-32700),
			charges: r(1990), net: null, net_known: r(-34690), charges_complete: false, charges_unknown: ["exchange"] },
	], next: null };
}

/** A wave with a slope: enough to see a curve and candles, the same on every run. */
const wave = (i, size) => Math.round(size * (Math.sin(i / 7) + Math.sin(i / 3.1) / 3) + (i * size) / 60);

export function equity(after) {
	const items = Array.from({ length: 77 }, (_, i) => ({ seq: 40000 + i * 2, at: stamp(i), equity: r(1500000 + wave(i, 60000)), realised: r(0), unrealised: r(wave(i, 60000)), charges: r(0), day_pnl: r(wave(i, 60000)) }));
	return { items: items.filter((p) => p.seq > after), next: null };
}

export function candles(symbol, interval) {
	const n = Math.floor((76 * 60) / interval);
	const price = (i) => 4089000 + wave(i, 6000);
	const bar = (i) => ({ at: stamp((i * interval) / 60), o: r(price(i)), h: r(Math.max(price(i), price(i + 1)) + 900), l: r(Math.min(price(i), price(i + 1)) - 700), c: r(price(i + 1)), v: 1200 + ((i * 37) % 900) });
	return { symbol, interval, items: Array.from({ length: n }, (_, i) => bar(i)), forming: bar(n), trades: [
		{ at: stamp(22), side: "buy", price: r(price(22)), strategy: "amd", purpose: "entry", symbol: "BANKNIFTY2341340900CE", fill: r(17200) },
		{ at: stamp(30), side: "sell", price: r(price(30)), strategy: "amd", purpose: "exit", symbol: "BANKNIFTY2341340900CE", fill: r(21120) },
		{ at: stamp(71), side: "buy", price: r(price(71)), strategy: "amd", purpose: "entry", symbol: OPTION, fill: r(25590) }] };
}

/** Without a cursor the newest first, as the engine does. */
export function events(after) {
	const rows = [["session", "", "session of 2023-04-10 begins, times assumed from the data"], ["decision", "BANKNIFTY", "breakout: bearish signal refused, cost_too_high: spread and charges exceed 20 % of the risk"],
		["order", OPTION, "buy 25 at 256.00, sent"], ["fill", OPTION, "bought 25 at 255.90"], ["alert", "", "a charge for 2023-04-10 is not known; net is incomplete"], ["trade", "BANKNIFTY2341340900CE", "left at target, gross +980.00"]];
	const items = Array.from({ length: 30 }, (_, i) => ({ seq: 40100 + i * 3, at: stamp(i * 2, i), kind: rows[i % rows.length][0], symbol: rows[i % rows.length][1], text: rows[i % rows.length][2], data: {} }));
	return { items: after === null ? items.reverse() : items.filter((e) => e.seq > Number(after)), next: null };
}

export function risk() {
	return { mode: "replay", items: [
		{ name: "day_loss_pct", text: "loss of the day, of capital", unit: "%", value: r(400), used: r(120), left: r(280), hit: false },
		{ name: "entries_per_day", text: "entries a strategy a day", unit: "", value: r(600), used: r(500), left: r(100), hit: false },
		{ name: "open_orders", text: "orders at work", unit: "", value: r(1000), used: r(100), left: r(900), hit: false },
		{ name: "order_rate", text: "orders in a second", unit: "/s", value: r(800), used: r(0), left: r(800), hit: false },
		{ name: "exposure", text: "value at stake", unit: "Rs", value: r(1200000), used: r(1200000), left: r(0), hit: true },
		{ name: "margin", text: "margin in use", unit: "Rs", value: r(1500000), used: null, left: null, hit: false },
	], kill: null };
}
