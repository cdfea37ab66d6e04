// The bank's settings: what the kit reads from the environment, with the bank's own defaults.
import { readSiteConfig, type SiteConfig } from "../relying-party/site-config.ts";

export const readBankConfig = (env: NodeJS.ProcessEnv = process.env): SiteConfig =>
  readSiteConfig(env, {
    name: "Harbour Bank",
    hostname: "bank.localhost",
    port: 4001,
    cookiePrefix: "harbour",
    dataDirectory: "data/bank",
  });
