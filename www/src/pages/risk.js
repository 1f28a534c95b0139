// Limits with what is used and left, and the kill switch's state.

import { html } from "../ui/html.js";
import { RiskBar } from "../ui/bars.js";
import { Empty, Panel } from "../ui/panel.js";
import { dialog } from "../ui/command.js";
import { V } from "../ui/value.js";
import { risk, value } from "../lib/store.js";

function Kill() {
	if (!value("risk.kill")) return html`<p>Nothing is latched.</p><p class="muted">Pause stops entries; Stop also cancels entry orders; Flatten closes everything and locks. Exits and stops of open positions work in every state.</p>`;
	return html`<dl class="facts"><div><dt>Rung</dt><dd><${V} src="risk.kill.rung" as="words" /></dd></div><div><dt>By</dt><dd><${V} src="risk.kill.by" /></dd></div>
		<div><dt>At</dt><dd><${V} src="risk.kill.at" as="datetime" /></dd></div><div><dt>Reason</dt><dd><${V} src="risk.kill.reason" /></dd></div></dl>`;
}

export function Risk() {
	const state = risk();
	const items = state.data?.items ?? [];
	return html`<div class="grid two">
		<${Panel} id="p-limits" title="Limits" of="risk" state=${state}>${items.length ? items.map((item, i) => html`<${RiskBar} key=${item.name} at=${`risk.items.${i}`} named />`) : html`<${Empty} why="No limits are set." next="Set them in the [risk] section of sauda.conf." />`}<//>
		<${Panel} id="p-kill" title="Kill switch" of="risk" state=${state} actions=${html`<button type="button" onClick=${() => { dialog.value = { kind: "kill" }; }}>Open…</button>`}><${Kill} /><//>
	</div>`;
}
