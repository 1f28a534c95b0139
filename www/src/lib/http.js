// The only place that talks to the network, and only to /api/. A refusal becomes a Problem (RFC 9457) with its code,
// cause and remedy; a command carries the CSRF token and an idempotency key.

import { decode } from "./decimal.js";

const TIMEOUT_MS = 8000;

export class Problem extends Error {
	constructor(fields) {
		super(fields.detail || fields.title);
		Object.assign(this, fields);
	}
}

let csrf = null;

/** Works without a secure context, where crypto.randomUUID does not exist. */
export function newKey() {
	return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}

function parse(body) {
	try {
		return decode(body);
	} catch {
		return null;
	}
}

async function request(method, url, body, timeout = TIMEOUT_MS, key = newKey()) {
	const headers = { Accept: "application/json" };
	if (body !== undefined) headers["Content-Type"] = "application/json";
	if (method !== "GET") {
		headers["Idempotency-Key"] = key;
		if (csrf) headers["X-CSRF-Token"] = csrf;
	}
	const options = { method, headers, credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(timeout) };
	if (body !== undefined) options.body = JSON.stringify(body);
	let response;
	let text;
	try {
		response = await fetch(url, options);
		text = await response.text();
	} catch (cause) {
		const late = cause.name === "TimeoutError";
		throw new Problem({ status: 0, code: late ? "timeout" : "unreachable", title: late ? "No answer in time" : "Server not reachable",
			detail: late ? `${url} did not answer within ${timeout / 1000} s.` : "This browser cannot reach the server.",
			remedy: "Check that nginx runs and that this machine can reach it." });
	}
	const data = parse(text);
	if (response.ok && data !== null) return data;
	throw new Problem({ status: response.status, code: data?.code ?? `http_${response.status}`, title: data?.title ?? response.statusText,
		detail: data?.detail ?? `${url} answered ${response.status} without an explanation.`, remedy: data?.remedy ?? null,
		fields: data });
}

export const get = (url) => request("GET", url);
/** key: for who asks again when no answer came; the same one does nothing twice. */
export const post = (url, body, timeout, key) => request("POST", url, body ?? {}, timeout, key);
export const remove = (url) => request("DELETE", url);
export const patch = (url, body) => request("PATCH", url, body);

export function setCsrf(token) {
	csrf = token;
}
