import assert from "node:assert/strict";
import { test } from "node:test";

import { createPoll, isStale, mergeBySeq } from "../src/lib/poll.js";
import { resolve, split } from "../src/lib/path.js";

const settle = () => new Promise((done) => setImmediate(done));

/** A port whose timers run only when told, and whose answers are handed in. */
function bench() {
	const b = { asked: [], timers: [], now: 0, held: false, answers: [] };
	b.port = {
		get: (url) => new Promise((yes, no) => { b.asked.push(url); b.answers.push({ yes, no }); }), now: () => b.now, held: () => b.held,
		later: (fn, ms) => { const t = { fn, ms }; b.timers.push(t); return t; }, cancel: (t) => { b.timers = b.timers.filter((x) => x !== t); },
	};
	b.reply = async (data) => { b.answers.shift().yes(data); await settle(); };
	b.fail = async (error) => { b.answers.shift().no(error); await settle(); };
	b.fire = () => b.timers.shift().fn();
	return b;
}

const make = (b, extra = {}) => createPoll({ url: "/api/x", every: 1000, port: b.port, onChange: () => {}, ...extra });

test("asks at once, then every so often, and only while used", async () => {
	const b = bench();
	const poll = make(b);
	const end = poll.use();
	await b.reply({ n: 1 });
	assert.equal(poll.state().data.n, 1);
	assert.equal(b.timers[0].ms, 1000);
	end();
	assert.equal(b.timers.length, 0);
});

test("resources that began at different moments ask on the same beat", async () => {
	const b = bench();
	for (const [now, ms] of [[5300, 700], [5000, 1000], [5700, 1300], [5500, 500]]) {
		b.now = now;
		const end = make(b).use();
		await b.reply({ n: 1 });
		assert.equal(b.timers[0].ms, ms, `at ${now}`);
		assert.equal((b.now + ms) % 1000, 0);
		end();
	}
});

test("two users, one question", async () => {
	const b = bench();
	const poll = make(b);
	poll.use();
	poll.use();
	assert.equal(b.asked.length, 1);
});

test("a failure keeps the last answer, says why, and waits longer each time up to 15 s", async () => {
	const b = bench();
	const poll = make(b);
	poll.use();
	await b.reply({ n: 1 });
	const waits = [];
	for (let i = 0; i < 6; i++) {
		b.fire();
		await b.fail(new Error("no"));
		waits.push(b.timers[0].ms);
	}
	assert.equal(poll.state().data.n, 1);
	assert.equal(poll.state().error.message, "no");
	assert.deepEqual(waits, [2000, 4000, 8000, 15000, 15000, 15000]);
	b.fire();
	await b.reply({ n: 2 });
	assert.equal(poll.state().error, null);
	assert.equal(b.timers[0].ms, 1000);
});

test("a late answer of an older turn is dropped", async () => {
	const b = bench();
	const poll = make(b);
	poll.use();
	poll.refresh();
	assert.equal(b.asked.length, 2);
	const [old, fresh] = b.answers.splice(0);
	fresh.yes({ n: 2 });
	await settle();
	old.yes({ n: 1 });
	await settle();
	assert.equal(poll.state().data.n, 2);
	assert.equal(b.timers.length, 1);
});

test("held: nothing is asked, the turn comes again", async () => {
	const b = bench();
	b.held = true;
	const poll = make(b);
	poll.use();
	assert.equal(b.asked.length, 0);
	b.held = false;
	b.fire();
	assert.equal(b.asked.length, 1);
});

test("reset forgets the answer and asks anew", async () => {
	const b = bench();
	const poll = make(b);
	poll.use();
	await b.reply({ n: 1 });
	poll.reset();
	assert.equal(poll.state().data, null);
	assert.equal(b.asked.length, 2);
});

test("merge and next: what is new is asked for and joined once", async () => {
	const b = bench();
	const poll = make(b, { merge: mergeBySeq(3), next: (data) => `/api/x?after=${data?.items.at(-1)?.seq ?? 0}` });
	poll.use();
	await b.reply({ items: [{ seq: 1 }, { seq: 2 }] });
	b.fire();
	await b.reply({ items: [{ seq: 2 }, { seq: 3 }, { seq: 4 }] });
	assert.deepEqual(b.asked, ["/api/x?after=0", "/api/x?after=2"]);
	assert.deepEqual(poll.state().data.items.map((i) => i.seq), [2, 3, 4]);
});

test("stale is two turns and a second", () => {
	assert.equal(isStale({ at: null }, 1000, 99999), false);
	assert.equal(isStale({ at: 0 }, 1000, 3000), false);
	assert.equal(isStale({ at: 0 }, 1000, 3001), true);
});

test("paths", () => {
	assert.deepEqual(split("positions.items.0.pnl"), ["positions", ["items", "0", "pnl"]]);
	assert.equal(resolve({ items: [{ seq: 7, t: "x" }] }, ["items", "@7", "t"]), "x");
	assert.equal(resolve({ items: [{ seq: 7 }] }, ["items", "@8", "t"]), undefined);
	assert.equal(resolve({ a: null }, ["a", "b"]), undefined);
	assert.equal(resolve(undefined, ["a"]), undefined);
});
