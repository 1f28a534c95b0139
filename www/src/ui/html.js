// htm bound to Preact: templates without a compiler and without innerHTML (Trusted Types stay on).

import { h } from "preact";
import htm from "htm";

export const html = htm.bind(h);
