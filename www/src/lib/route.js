// Hash routes with their view state in the query: #/orders?before=412. No server route list, every view has a link.

import { signal } from "@preact/signals";

function read() {
	const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
	const [page, ...rest] = (path || "overview").split("/");
	return { page, rest: rest.map(decodeURIComponent), query: Object.fromEntries(new URLSearchParams(query)) };
}

export const route = signal(read());

addEventListener("hashchange", () => {
	route.value = read();
});

/** Address of a page; empty values are left out. */
export function href(page, query = {}) {
	const kept = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
	const text = new URLSearchParams(kept).toString();
	return `#/${page}${text ? "?" + text : ""}`;
}

export function go(page, query) {
	location.hash = href(page, query);
}
