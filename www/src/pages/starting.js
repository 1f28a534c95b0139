// The engine answers before it may trade: the steps it has named so far, ticked as it goes. No number is shown that is not
// known yet.

import { effect, signal } from "@preact/signals";

import { html } from "../ui/html.js";
import { status, value } from "../lib/store.js";
import { words } from "../lib/fmt.js";
import { V } from "../ui/value.js";

const seen = signal([]);
effect(() => {
	const { data } = status.signal.value;
	if (data?.state !== "starting") seen.value = [];
	else if (data.step && seen.peek().at(-1) !== data.step) seen.value = [...seen.peek(), data.step];
});

export function Starting() {
	const steps = seen.value;
	return html`<section class="panel" aria-labelledby="p-starting"><header><h2 id="p-starting">The engine is starting</h2></header><div class="body" role="status">
		<ol class="steps" data-fixed>${steps.map((step, i) => html`<li class=${i < steps.length - 1 ? "done" : "now"}>${words(step)}${i < steps.length - 1 ? " ✓" : " …"}</li>`)}</ol>
		<p class="muted">Running for <${V} src="status.uptime_s" as="seconds" />. It takes no entry until it is ready; this page goes on by itself.</p>
		${value("status.kill") && html`<p>A kill from before the restart is still latched.</p>`}
	</div></section>`;
}
