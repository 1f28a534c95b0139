// Where a shown value comes from: "balance.equity", "positions.items.0.pnl", "events.items.@412.text" (@ = the item with
// that seq, for lists that are put together from several answers). Shared with the truth test.

export function resolve(root, path) {
	let at = root;
	for (const step of path) {
		if (at === null || at === undefined) return undefined;
		at = step[0] === "@" ? at.find?.((item) => String(item.seq) === step.slice(1)) : at[step];
	}
	return at;
}

/** "name.a.b" -> ["name", ["a", "b"]] */
export function split(src) {
	const [name, ...path] = src.split(".");
	return [name, path];
}
