// Signing in: a one-time link is traded for a cookie. Without one, the page says where to get it.

import { useEffect, useState } from "preact/hooks";

import { loginWith, session } from "../lib/store.js";
import { go, route } from "../lib/route.js";
import { html } from "../ui/html.js";

async function enter(code, setProblem) {
	history.replaceState(null, "", "#/login"); // the code must not stay in the address bar or the history
	try {
		await loginWith(code);
		go("overview");
	} catch (error) {
		setProblem(error);
	}
}

/** Takes a whole link as well as a bare code. */
function codeOf(text) {
	return /code=([^&\s]+)/.exec(text)?.[1] ?? text.trim();
}

export function Login() {
	const { code } = route.value.query;
	const [problem, setProblem] = useState(null);
	const [text, setText] = useState("");
	useEffect(() => {
		if (code) enter(code, setProblem);
	}, [code]);
	const submit = (event) => {
		event.preventDefault();
		if (codeOf(text)) enter(codeOf(text), setProblem);
	};
	return html`<main class="login" id="main"><section class="panel"><header><h1>Sauda</h1></header><div class="body">
		${problem ? html`<div class="fault" role="alert"><b>${problem.title}</b> <code data-fixed>${problem.code}</code><p data-fixed>${problem.message}</p><p data-fixed>${problem.remedy}</p></div>`
			: session.value.known && html`<p>You are not signed in.</p>`}
		<p>Get a one-time link on the machine that runs the engine:</p>
		<pre>./run<span class="muted">                      prints one when it starts</span>${"\n"}enginectl auth new-link<span class="muted">    makes a new one</span></pre>
		<form onSubmit=${submit}><label class="field">Link or code<input value=${text} autocomplete="one-time-code" spellcheck="false" onInput=${(e) => setText(e.target.value)} /></label>
			<div class="row end"><button class="primary" disabled=${!codeOf(text)}>Sign in</button></div></form>
	</div></section></main>`;
}
