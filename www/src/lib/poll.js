// Polls one address of the API. Keeps the last good answer through every failure, so that a screen can show old values
// with their age instead of nothing. No framework and no globals: clock, timers and fetch are handed in.

const SLOWEST_MS = 15000;

/**
 * port: { get(url) -> Promise<data>, now() -> ms, later(fn, ms) -> handle, cancel(handle), held() -> bool }
 * onChange(state) is called with { data, at, error, busy, failures } after each answer or failure.
 * merge(old, fresh) joins an answer to what is known (events); next(data) gives the address to ask after that.
 */
export function createPoll({ url, every, port, onChange, merge, next }) {
	let users = 0;
	let timer = null;
	let turn = 0; // answers of an older turn are dropped
	let running = false;
	let state = { data: null, at: null, error: null, busy: false, failures: 0 };

	function set(change) {
		state = { ...state, ...change };
		onChange(state);
	}

	/** All resources ask on the same beat, so that the same number in two places is of the same moment. */
	function beat() {
		const left = every - (port.now() % every);
		return left < every / 2 ? left + every : left;
	}

	function wait() {
		if (users > 0) timer = port.later(tick, state.failures ? Math.min(SLOWEST_MS, every * 2 ** Math.min(state.failures, 5)) : beat());
	}

	async function ask(mine) {
		try {
			const fresh = await port.get(next ? next(state.data) : url);
			if (mine !== turn) return;
			const data = merge ? merge(state.data, fresh) : fresh;
			set({ data, at: port.now(), error: null, busy: false, failures: 0 });
		} catch (error) {
			if (mine === turn) set({ error, busy: false, failures: state.failures + 1 });
		}
	}

	async function tick() {
		timer = null;
		if (port.held()) return wait();
		const mine = ++turn;
		running = true;
		if (!state.data) set({ busy: true });
		await ask(mine);
		if (mine !== turn) return;
		running = false;
		wait();
	}

	function kick() {
		if (timer !== null) port.cancel(timer);
		timer = null;
		return tick();
	}

	return {
		url,
		state: () => state,
		/** Starts polling for one more user; the returned function ends that use. */
		use() {
			if (++users === 1 && !running) kick();
			return () => {
				if (--users > 0 || timer === null) return;
				port.cancel(timer);
				timer = null;
			};
		},
		users: () => users,
		/** Asks at once, in place of the waiting turn. */
		refresh: kick,
		/** Forgets the answer: it belongs to another journal. */
		reset() {
			turn++;
			running = false;
			set({ data: null, at: null, error: null, busy: false, failures: 0 });
			if (users > 0) kick();
		},
	};
}

/** Old enough that the screen must say so: two turns missed, with a second of grace. */
export function isStale(state, every, now) {
	return state.at !== null && now - state.at > 2 * every + 1000;
}

/** Joins lists whose items carry a `seq`, in whatever order they came; newest `keep` kept, oldest first. */
export function mergeBySeq(keep) {
	return (old, fresh) => {
		const last = old?.items.length ? old.items[old.items.length - 1].seq : -1;
		const news = fresh.items.filter((item) => item.seq > last).sort((a, b) => a.seq - b.seq);
		const items = (old?.items ?? []).concat(news);
		return { ...fresh, items: items.slice(-keep) };
	};
}
