// All browser tests in one process, because a login code works once. node --test-reporter=tap tests/web/run.mjs

import { after } from "node:test";

import { closeAll } from "./harness.mjs";
import "./pages.test.mjs";
import "./states.test.mjs";
import "./commands.test.mjs";
import "./truth.test.mjs";
import "./budget.test.mjs";
import "./product.test.mjs";

after(closeAll);
