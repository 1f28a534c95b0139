// Dark or light: the system's wish until the user chooses; kept in this browser only.

import { effect, signal } from "@preact/signals";

const wish = matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";

function kept(name, standard) {
	try {
		return localStorage.getItem(name) ?? standard;
	} catch {
		return standard; // storage may be forbidden
	}
}

function keep(name, text) {
	try {
		localStorage.setItem(name, text);
	} catch {
		// a preference that cannot be kept is asked for again next time
	}
}

export const theme = signal(kept("sauda.theme", wish));
export const letterKeys = signal(kept("sauda.keys", "on") === "on");

effect(() => {
	document.documentElement.dataset.theme = theme.value;
});

export function toggleTheme() {
	theme.value = theme.value === "dark" ? "light" : "dark";
	keep("sauda.theme", theme.value);
}

export function setLetterKeys(on) {
	letterKeys.value = on;
	keep("sauda.keys", on ? "on" : "off");
}
