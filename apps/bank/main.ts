// Starts Harbour Bank as a process of its own.
import { runSite } from "../relying-party/site-main.ts";
import { harbourBank } from "./app.ts";
import { readBankConfig } from "./config.ts";

await runSite(harbourBank, readBankConfig);
