// The dashboard's shell: signs in, keeps /api/status polled, chooses the page from the hash. Pages hold no state of the
// engine; they draw what the store has.

import { effect } from "@preact/signals";
import { render } from "preact";
import { useEffect } from "preact/hooks";

import { openSession, link, session, status, value } from "./lib/store.js";
import { route } from "./lib/route.js";
import { Banners } from "./ui/banners.js";
import { dialog } from "./ui/command.js";
import { Header } from "./ui/header.js";
import { html } from "./ui/html.js";
import { KeysDialog, onKey } from "./ui/keys.js";
import { KillDialog, ResumeDialog } from "./ui/kill.js";
import { Loading } from "./ui/panel.js";
import { Toast } from "./ui/say.js";
import "./ui/theme.js";
import { About } from "./pages/about.js";
import { Charts } from "./pages/charts.js";
import { Events } from "./pages/events.js";
import { History } from "./pages/history.js";
import { Login } from "./pages/login.js";
import { More } from "./pages/more.js";
import { Orders } from "./pages/orders.js";
import { Overview } from "./pages/overview.js";
import { Positions } from "./pages/positions.js";
import { Risk } from "./pages/risk.js";
import { Starting } from "./pages/starting.js";
import { Strategies } from "./pages/strategies.js";
import { Strategy } from "./pages/strategy.js";
import { Trades } from "./pages/trades.js";

const PAGES = {
	overview: ["Overview", Overview, true], strategies: ["Strategies", Strategies, true], positions: ["Positions", Positions, true],
	orders: ["Orders", Orders, true], trades: ["Trades", Trades], history: ["History", History], charts: ["Charts", Charts],
	risk: ["Risk", Risk], events: ["Events", Events], about: ["About", About],
};

/** Rail on a desk, bottom bar on a phone: there the pages without a place are under More. */
function Nav() {
	const here = route.value.page;
	return html`<nav aria-label="Pages">
		${Object.entries(PAGES).map(([page, [name, , pinned]]) => html`<a href=${`#/${page}`} class=${pinned ? "" : "desk"}
			aria-current=${here === page ? "page" : undefined}>${name}</a>`)}
		<a href="#/more" class="phone" aria-current=${here === "more" ? "page" : undefined}>More</a>
	</nav>`;
}

function Page() {
	const { page, rest } = route.value;
	if (page === "about") return html`<${About} />`;
	if (!status.signal.value.data) return link.value === "loading" ? html`<${Loading} rows=${6} />` : null;
	if (value("status.state") === "starting") return html`<${Starting} />`;
	if (page === "more") return html`<${More} pages=${PAGES} />`;
	if (page === "strategies" && rest[0]) return html`<${Strategy} key=${rest[0]} id=${rest[0]} />`;
	const known = PAGES[page];
	if (known) return html`<${known[1]} />`;
	return html`<section class="panel"><div class="body empty"><b>There is no page “${page}”.</b> <a href="#/overview">Overview</a></div></section>`;
}

function Dialogs() {
	const kind = dialog.value?.kind;
	return html`${kind === "kill" && html`<${KillDialog} />`}${kind === "resume" && html`<${ResumeDialog} />`}${kind === "keys" && html`<${KeysDialog} />`}`;
}

function Shell() {
	useEffect(() => status.use(), []);
	const { page } = route.value;
	if (link.value === "signed_out" || page === "login") return html`<${Login} />`;
	return html`<${Header} /><${Banners} /><div class="main"><${Nav} /><main id="main" tabindex="-1"><h1 class="sr">${PAGES[page]?.[0] ?? page}</h1><${Page} /></main></div>
		<footer><a href="#/about">About</a> · Sauda <span data-src="status.version" data-as="text">${value("status.version") ?? ""}</span> · times are IST</footer>
		<${Dialogs} /><${Toast} />`;
}

effect(() => {
	document.body.dataset.mode = value("status.mode") ?? "";
	document.title = [PAGES[route.value.page]?.[0], value("status.mode")?.toUpperCase(), "Sauda"].filter(Boolean).join(" · ");
});
addEventListener("keydown", onKey);
if (route.value.page !== "login") openSession();
render(html`<${Shell} />`, document.getElementById("app"));
