// The system's own facts, and whose work is inside. The chart library's licence asks for its notice and link here.

import { html } from "../ui/html.js";
import { post } from "../lib/http.js";
import { session, status } from "../lib/store.js";
import { Panel } from "../ui/panel.js";
import { V } from "../ui/value.js";

const FACTS = [
	["Version", "version", "text"], ["Build", "build", "text"], ["Up for", "uptime_s", "seconds"], ["Process", "pid", "text"], ["Epoch", "epoch", "text"],
	["Journal", "journal.id", "text"], ["Journal sequence", "journal.seq", "int"], ["Durable to", "journal.durable", "int"], ["Store", "store.backend", "text"],
	["Store healthy", "store.ok", "yesno"], ["Store behind by", "store.lag", "int"], ["Data", "feed.kind", "text"], ["Source", "feed.source", "text"],
	["Underlying", "feed.underlying", "text"], ["Underlying from", "feed.underlying_source", "text"], ["Rows read", "feed.rows", "int"], ["Bad rows", "feed.bad_rows", "int"],
];

async function signOut() {
	await post("/api/logout").catch(() => {}); // signed out here in any case
	session.value = { known: true, role: null, principal: null };
}

const LICENCES = [
	["Preact 11.2.0", "MIT", "© 2015-present Jason Miller"], ["Preact Signals 2.11.4", "MIT", "© 2022-present Preact Team"], ["htm 3.1.1", "Apache-2.0", "by Jason Miller"],
	["Lightweight Charts™ 5.2.1", "Apache-2.0", "© 2026 TradingView, Inc."], ["fancy-canvas 2.1.0", "MIT", "by TradingView, Inc."],
];

export function About() {
	return html`<div class="grid two">
		<${Panel} id="p-system" title="System" of="status" state=${status.signal.value} actions=${session.value.role && html`<button type="button" onClick=${signOut}>Sign out</button>`}>
			<dl class="facts">${FACTS.map(([name, field, as]) => html`<div><dt>${name}</dt><dd><${V} src=${`status.${field}`} as=${as} /></dd></div>`)}
				<div><dt>Signed in as</dt><dd data-fixed>${session.value.principal ?? "—"} (${session.value.role ?? "—"})</dd></div></dl><//>
		<section class="panel" aria-labelledby="p-about"><header><h2 id="p-about">Inside</h2></header><div class="body" data-fixed>
			<p>TradingView Lightweight Charts™<br />Copyright (c) 2026 TradingView, Inc. <a href="https://www.tradingview.com/" rel="noopener noreferrer">https://www.tradingview.com/</a></p>
			<ul>${LICENCES.map(([name, licence, who]) => html`<li>${name} · ${licence} · ${who}</li>`)}</ul>
			<p class="muted">Times are Indian Standard Time. What is not known is shown as “—”, never as zero. Every number comes from the engine's API.</p>
		</div></section></div>`;
}
