// Evergreen's settings: what the kit reads from the environment, with Evergreen's own defaults.
import { readSiteConfig, type SiteConfig } from "../relying-party/site-config.ts";

export const readRetirementConfig = (env: NodeJS.ProcessEnv = process.env): SiteConfig =>
  readSiteConfig(env, {
    name: "Evergreen Retirement",
    hostname: "retirement.localhost",
    port: 4002,
    cookiePrefix: "evergreen",
    dataDirectory: "data/retirement",
  });
