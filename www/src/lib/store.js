// What the screen knows: one polled resource per address, found by name from data-src paths. Facts about the links
// (browser to server, server to engine) come from how /api/status answers.

import { computed, effect, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { get, post, setCsrf } from "./http.js";
import { createPoll, isStale, mergeBySeq } from "./poll.js";
import { resolve, split } from "./path.js";

const IDLE_KEPT = 24;
const EVENTS_KEPT = 500;
const EQUITY_KEPT = 5000;

export const frozen = signal(false);
export const session = signal({ known: false, role: null, principal: null });
export const clock = signal(Date.now()); // this browser's, once a second; ages are reckoned with it
setInterval(() => {
	clock.value = Date.now();
}, 1000);

const port = {
	get,
	now: () => Date.now(),
	later: (fn, ms) => setTimeout(fn, ms),
	cancel: (handle) => clearTimeout(handle),
	held: () => frozen.value || document.hidden || (session.value.known && !session.value.role),
};

const byUrl = new Map();
const byName = new Map();

function prune() {
	for (const [url, res] of byUrl) {
		if (byUrl.size <= IDLE_KEPT) return;
		if (!res.users() && byName.get(res.name) !== res) byUrl.delete(url);
	}
}

export function resource(name, url, every, extra = {}) {
	let res = byUrl.get(url);
	if (!res) {
		const state = signal({ data: null, at: null, error: null, busy: false, failures: 0 });
		const onChange = (next) => {
			const news = next.error !== state.value.error; // an old 401 must not end a newer session
			state.value = next;
			if (news && next.error?.status === 401) signOut();
		};
		res = { ...createPoll({ url, every, port, onChange, ...extra }), signal: state, every, name };
		byUrl.set(url, res);
		prune();
	}
	byName.set(name, res);
	return res;
}

/** Polls while the component is on the screen; gives { data, at, error, busy } of the newest answer. */
export function useApi(name, url, every, extra) {
	const res = resource(name, url, every, extra);
	useEffect(() => res.use(), [res]);
	return res.signal.value;
}

/** Without a cursor the engine gives the newest; later questions ask for what is new. */
const joinEvents = mergeBySeq(EVENTS_KEPT);
export const events = () => useApi("events", "/api/events", 2000, {
	next: (data) => (data?.items.length ? `/api/events?after=${data.items[data.items.length - 1].seq}&limit=1000` : `/api/events?limit=${EVENTS_KEPT}`),
	merge: joinEvents,
});

/** The session's equity curve; `from` keeps a many-day journal out of the first load. */
const joinEquity = mergeBySeq(EQUITY_KEPT);
export function equity(date) {
	const base = `/api/equity?from=${date}`;
	return useApi("equity", base, 4000, {
		next: (data) => (data?.items.length ? `${base}&after=${data.items[data.items.length - 1].seq}` : base),
		merge: joinEquity,
	});
}

export const status = resource("status", "/api/status", 1000);
export const balance = () => useApi("balance", "/api/balance", 1000);
export const strategies = () => useApi("strategies", "/api/strategies", 2000);
export const positions = () => useApi("positions", "/api/positions", 1000);
export const risk = () => useApi("risk", "/api/risk", 3000);

/** The value a data-src path names, now; undefined before the first answer. */
export function value(src) {
	const [name, path] = split(src);
	return resolve(byName.get(name)?.signal.value.data, path);
}

export function staleOf(name) {
	const res = byName.get(name);
	return res ? isStale(res.signal.value, res.every, clock.value) : false;
}

export function refreshAll() {
	for (const res of byUrl.values()) if (res.users()) res.refresh();
}

/* A restart with another journal numbers its records anew: what was put together by sequence no longer fits. */
let journal = null;
effect(() => {
	const id = status.signal.value.data?.journal?.id ?? null;
	if (id === null || id === journal) return;
	const other = journal !== null;
	journal = id;
	if (!other) return;
	for (const res of byUrl.values()) if (res !== status) res.reset();
});

addEventListener("visibilitychange", () => {
	if (!document.hidden) refreshAll();
});

/** ok | loading | unreachable | engine_down | signed_out */
export const link = computed(() => {
	const { data, error } = status.signal.value;
	if (session.value.known && !session.value.role) return "signed_out";
	if (error?.status === 0) return "unreachable";
	if (error && (error.status >= 500 || error.status === 404)) return "engine_down";
	return data ? "ok" : "loading";
});

function signOut() {
	session.value = { known: true, role: null, principal: null };
}

export async function openSession() {
	try {
		const who = await get("/api/session");
		setCsrf(who.csrf);
		session.value = { known: true, role: who.role, principal: who.principal };
	} catch (error) {
		if (error.status === 401 || error.status === 403) signOut();
		else setTimeout(openSession, 2000);
	}
}

export async function loginWith(code) {
	const answer = await post("/api/login/link", { code });
	setCsrf(answer.csrf);
	session.value = { known: true, role: answer.role, principal: null };
	await openSession();
}

const RANK = { read: 1, trade: 2, admin: 3 };
/** Why this person may not do that; null = allowed. The engine checks again. */
export function denied(role) {
	const mine = session.value.role;
	if ((RANK[mine] ?? 0) >= RANK[role]) return null;
	return mine ? `needs the ${role} role; you have ${mine}` : "sign in first";
}
