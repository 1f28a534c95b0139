// One browser and one server for all tests of the run. The server is the mock, or with BASE_URL (and LOGIN_CODE, a one-time
// code) the real product: tests that need the mock's moods skip there and say so. SAUDA_TEST_MODULES names the folder whose
// node_modules has playwright-core and axe-core, if it is not this one; CHROMIUM the browser.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { CODE, startMock } from "./mock.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const require = createRequire(join(process.env.SAUDA_TEST_MODULES ?? here, "x.js"));
const { chromium } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

export const REAL = process.env.BASE_URL?.replace(/\/$/, "") ?? null;
export const mock = REAL ? null : await startMock();
export const base = REAL ?? mock.url;
export const mockOnly = REAL ? { skip: "needs the mock server's moods; this run is against BASE_URL" } : {};
export const realOnly = REAL && process.env.LOGIN_CODE ? {} : { skip: "needs the real product: BASE_URL and LOGIN_CODE" };
export const PAGES = ["overview", "strategies", "positions", "orders", "trades", "history", "charts", "risk", "events", "about"];

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
let cookies = null;

/** Trades the login code once; every later context starts with its cookie. */
async function signIn() {
	const context = await browser.newContext();
	const page = await context.newPage();
	await page.goto(`${base}/#/login?code=${encodeURIComponent(process.env.LOGIN_CODE ?? CODE)}`);
	await page.waitForSelector("header.top .mode", { timeout: 15000 });
	cookies = await context.cookies();
	await context.close();
}
if (!REAL || process.env.LOGIN_CODE) await signIn();

/** A page with its own context. page.faults collects console errors, exceptions, CSP reports and requests to elsewhere. */
export async function open(path = "overview", { width = 1280, theme = "dark", signedIn = true } = {}) {
	const context = await browser.newContext({ viewport: { width, height: width < 500 ? 740 : 860 }, colorScheme: theme, reducedMotion: "reduce" });
	if (cookies && signedIn) await context.addCookies(cookies);
	const page = await context.newPage();
	page.faults = [];
	page.answers = new Map();
	await page.exposeFunction("saudaReport", (text) => page.faults.push(`CSP: ${text}`));
	await page.addInitScript(() => addEventListener("securitypolicyviolation", (e) => globalThis.saudaReport(`${e.violatedDirective} ${e.blockedURI}`)));
	page.on("console", (m) => { if (m.type() === "error" || m.type() === "warning") page.faults.push(`console: ${m.text()}`); });
	page.on("pageerror", (e) => page.faults.push(`exception: ${e.message}`));
	page.on("request", (r) => { if (!r.url().startsWith(base)) page.faults.push(`foreign request: ${r.url()}`); });
	await page.goto(`${base}/#/${path}`);
	return page;
}

/** Until every panel has its answer. */
export async function settled(page) {
	await page.waitForSelector("main", { timeout: 10000 });
	await page.waitForFunction(() => !document.querySelector(".skeleton"), null, { timeout: 10000 });
	if (page.url().includes("#/charts") && await page.$("div.chart")) await page.waitForSelector(".chart canvas", { timeout: 10000 });
}

/** axe runs over the debugger, so the page's CSP stays on. */
export async function axe(page) {
	await page.evaluate(AXE);
	const found = await page.evaluate((tags) => globalThis.axe.run(document, { runOnly: tags, resultTypes: ["violations"] }), TAGS);
	return found.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(" ")} ${n.failureSummary.split("\n")[1] ?? ""}`));
}

export async function closeAll() {
	await browser.close();
	await mock?.close();
}
