// Commands: every one is an audited POST, told in words when it worked and when it did not. Risk-reducing ones are one
// step; those that add risk ask first.

import { signal } from "@preact/signals";

import { post, remove } from "../lib/http.js";
import { frozen, refreshAll } from "../lib/store.js";
import { say } from "./say.js";

export const dialog = signal(null); // { kind: "kill" | "resume" | "keys" }

/** Runs one command; null when the engine took it, else why not. */
export const command = (url, body, done) => run(() => post(url, body), done);

async function run(ask, done) {
	try {
		await ask();
	} catch (error) {
		say(`${error.message}${error.remedy ? " " + error.remedy : ""}`, { bad: true });
		return error;
	}
	frozen.value = false; // who acts must see what follows
	say(done);
	refreshAll();
	return null;
}

export const pauseEntries = () => command("/api/pause", { reason: "dashboard" }, "Entries are paused. Exits and stops stay on.");
export const resumeEntries = (reason) => command("/api/resume", { reason }, "Entries are on again.");
export const pauseStrategy = (id) => command(`/api/strategies/${id}/pause`, { reason: "dashboard" }, `${id} is paused.`);
export const resumeStrategy = (id) => command(`/api/strategies/${id}/resume`, { reason: "dashboard" }, `${id} runs again.`);
export const cancelOrder = (id) => run(() => remove(`/api/orders/${id}`), `The cancel of order ${id} is on its way.`);
export const setReplay = (body, done) => command("/api/replay", body, done);
