// Starts Evergreen Retirement as a process of its own.
import { runSite } from "../relying-party/site-main.ts";
import { evergreenRetirement } from "./app.ts";
import { readRetirementConfig } from "./config.ts";

await runSite(evergreenRetirement, readRetirementConfig);
