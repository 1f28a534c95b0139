// Modal dialogs on the browser's own <dialog>: focus is kept inside, Esc closes, focus returns to where it was.

import { useEffect, useRef } from "preact/hooks";

import { html } from "./html.js";

export function Dialog({ title, onClose, danger, children }) {
	const ref = useRef(null);
	useEffect(() => {
		const back = document.activeElement;
		ref.current.showModal();
		(ref.current.querySelector("[data-first]") ?? ref.current).focus();
		return () => back?.focus?.();
	}, []);
	return html`<dialog ref=${ref} class=${danger ? "danger" : ""} aria-label=${title} onClose=${onClose}
		onCancel=${(event) => { event.preventDefault(); onClose(); }}>
		<header><h2>${title}</h2><button type="button" class="plain" aria-label="Close" onClick=${onClose}>✕</button></header>
		<div class="body">${children}</div>
	</dialog>`;
}
