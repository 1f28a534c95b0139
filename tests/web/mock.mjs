// A mock of nginx + engine-api for the dashboard's tests: serves the built files with the product's exact CSP and answers
// the API from canned.mjs. Tests change `mock.state` and read `mock.requests`. Run by hand: node mock.mjs [port]

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import * as canned from "./canned.mjs";

export const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; "
	+ "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'";
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml" };
const here = fileURLToPath(new URL(".", import.meta.url));
export const DIST = resolve(process.env.SAUDA_WWW ?? join(here, "../../www/dist"));
const CSRF = "csrf-of-the-mock";
export const CODE = "one-time-code";

const fault = (status, code, title, detail, remedy) => ({ status, body: { type: "about:blank", title, status, code, detail, remedy } });
const ok = (body, extra) => ({ status: 200, body, ...extra });

function newState() {
	return { status: canned.status(), strategies: canned.strategies(), positions: canned.positions(), detail: canned.detail(), signedIn: true, role: "admin", linkUsed: false, down: false, failKill: false,
		broken: new Set(), empty: false };
}

const EMPTY = new Set(["/api/orders", "/api/trades", "/api/history", "/api/equity", "/api/events", "/api/risk", "/api/positions", "/api/strategies"]);

function setEngine(state, name, kill = null) {
	state.status.state = name;
	state.status.kill = kill;
}

const COMMANDS = {
	"/api/pause": (state) => { setEngine(state, "paused"); return ok({ state: "paused", kill: null }); },
	"/api/resume": (state, body) => {
		if (state.status.kill && !body.reason) return fault(409, "kill_latched", "Kill is latched", "A resume after stop or flatten needs a reason.", "Give a reason.");
		setEngine(state, "running");
		return ok({ state: "running", kill: null });
	},
	"/api/kill": (state, body) => {
		if (state.failKill) return fault(503, "engine_down", "Engine down", "engined does not answer on its socket.", "Start it.");
		if (body.rung === "pause") setEngine(state, "paused");
		else setEngine(state, body.rung === "stop" ? "stopped" : "locked", { rung: body.rung, by: "token:admin", reason: body.reason, at: state.status.now });
		if (body.rung === "flatten") state.positions.items.forEach((p) => Object.assign(p, { qty: 0, lots: 0, side: "flat" }));
		return ok({ state: state.status.state, kill: state.status.kill });
	},
	"/api/orders/preview": (state, body) => ok({ symbol: body.symbol, side: body.side, product: body.product, qty: body.qty, lots: 1, price: canned.rupees(25005), allowed: !state.refuses, closes: false, conflict: null,
		refusal: null, refusals: state.refuses ? [{ code: "price_band", text: "the price is outside the band" }] : [], value: canned.rupees(625125), charges: canned.rupees(2430), cost: canned.rupees(627555), free: canned.rupees(1500000),
		worst_loss: canned.rupees(627555), exposure: canned.rupees(627555), exposure_instrument: canned.rupees(627555) }),
	"/api/orders": (state, body) => {
		if (state.placeFails-- > 0) return fault(504, "timeout", "No answer in time", "the engine did not answer in time", "Send it again with the same Idempotency-Key.");
		return ok({ strategy: "manual", order: 7, state: "intent", symbol: body.symbol, side: body.side, qty: body.qty, filled: 0, price: body.price });
	},
	"/api/replay": (state, body) => {
		Object.assign(state.status.feed, "speed" in body && { speed: body.speed }, "paused" in body && { paused: body.paused });
		return ok({ speed: state.status.feed.speed, paused: state.status.feed.paused });
	},
};

function strategyRoute(state, method, path, body) {
	const [, id, action] = /^\/api\/strategies\/([^/]+)(?:\/(pause|resume))?$/.exec(path) ?? [];
	const item = state.strategies.items.find((s) => s.id === id);
	if (!item) return fault(404, "not_found", "Not found", `there is no strategy "${id}"`, "GET /api/strategies lists them.");
	if (action) {
		item.state = action === "pause" ? "paused" : "running";
		return ok({ id, state: item.state });
	}
	if (method === "PATCH") {
		for (const [name, text] of Object.entries(body.params)) {
			if (name === "entries_per_day" && text === "999") return fault(422, "out_of_range", "Parameter refused", "entries_per_day: 999 given, allowed are 1 to 1000 and at most twice the standard in replay", "Give a smaller value.");
			state.detail.params.find((p) => p.name === name).value = text;
		}
	}
	return ok({ ...item, ...state.detail });
}

function answer(state, method, url, body) {
	const path = url.pathname;
	const after = Number(url.searchParams.get("after") ?? 0);
	if (path === "/api/login/link") {
		if (body.code !== CODE || state.linkUsed) return fault(403, "link_used", "Link already used", "This login link was used or never existed.", "Ask for a new one: enginectl auth new-link");
		state.linkUsed = state.signedIn = true;
		return ok({ role: state.role, csrf: CSRF }, { cookie: "sauda=mock; HttpOnly; SameSite=Strict; Path=/" });
	}
	if (!state.signedIn) return fault(401, "unauthenticated", "Sign in", "No valid session.", "Open a login link.");
	if (path === "/api/session") return ok({ principal: "token:admin", role: state.role, csrf: CSRF });
	if (state.down) return fault(503, "engine_down", "Engine down", "engined does not answer on its socket.", "Start it with ./run or systemctl start sauda.");
	if (state.broken.has(path)) return fault(500, "internal", "Internal error", `${path} failed in the mock.`, "Try again.");
	if (method === "POST" && COMMANDS[path]) return COMMANDS[path](state, body);
	if (method === "DELETE" && path.startsWith("/api/orders/")) return ok({ strategy: "manual", order: Number(path.split("/").pop()), state: "cancelling" });
	if (path.startsWith("/api/strategies/")) return strategyRoute(state, method, path, body);
	if (state.empty && EMPTY.has(path)) return ok({ mode: state.status.mode, items: [], next: null, total: { pnl: null, realised: null, unrealised: null, charges: null }, kill: null });
	const reads = {
		"/api/status": () => state.status, "/api/balance": canned.balance, "/api/strategies": () => state.strategies, "/api/positions": () => state.positions, "/api/orders": canned.orders, "/api/trades": canned.trades,
		"/api/history": canned.history, "/api/equity": () => canned.equity(after), "/api/events": () => canned.events(url.searchParams.get("after")), "/api/risk": () => ({ ...canned.risk(), kill: state.status.kill }),
		"/api/candles": () => canned.candles(url.searchParams.get("symbol") ?? "BANKNIFTY", Number(url.searchParams.get("interval") ?? 60)),
	};
	return reads[path] ? ok(reads[path]()) : fault(404, "not_found", "Not found", `there is no ${method} ${path}`, "See docs/api.md.");
}

function serveFile(path, response) {
	const file = join(DIST, path === "/" ? "index.html" : path);
	if (!file.startsWith(DIST) || !existsSync(file)) return response.writeHead(404).end();
	const hashed = path.startsWith("/assets/");
	response.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream", "Content-Security-Policy": CSP, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Cache-Control": hashed ? "public, max-age=31536000, immutable" : "no-cache" });
	return response.end(readFileSync(file));
}

async function bodyOf(request) {
	let text = "";
	for await (const piece of request) text += piece;
	return text ? JSON.parse(text) : {};
}

/** Starts on any free port; { url, state, requests, reset(), close() }. */
export async function startMock(port = 0) {
	const mock = { state: newState(), requests: [], reset() { mock.state = newState(); mock.requests.length = 0; } };
	const server = createServer(async (request, response) => {
		const url = new URL(request.url, "http://mock");
		if (!url.pathname.startsWith("/api/")) return serveFile(url.pathname, response);
		const body = await bodyOf(request);
		mock.requests.push({ method: request.method, path: url.pathname, headers: request.headers, body });
		const unproved = request.method !== "GET" && url.pathname !== "/api/login/link" && request.headers["x-csrf-token"] !== CSRF;
		const reply = unproved ? fault(403, "csrf", "Forbidden", "The CSRF token is missing or wrong.", "Reload the page.") : answer(mock.state, request.method, url, body);
		const type = reply.status < 400 ? "application/json" : "application/problem+json";
		response.writeHead(reply.status, { "Content-Type": type, "Cache-Control": "no-store", ...(reply.cookie && { "Set-Cookie": reply.cookie }) });
		return response.end(canned.encode(reply.body));
	});
	await new Promise((done) => server.listen(port, "127.0.0.1", done));
	mock.url = `http://127.0.0.1:${server.address().port}`;
	mock.close = () => new Promise((done) => { server.close(done); server.closeAllConnections(); });
	return mock;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
	const mock = await startMock(Number(process.argv[2] ?? 0));
	console.log(`${mock.url}/#/login?code=${CODE}`);
}
