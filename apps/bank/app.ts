// Harbour Bank, wired: which pages and answers it has, and what each of them asks for at the door.

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { siteApp } from "../relying-party/site-app.ts";
import type { Site } from "../relying-party/site-main.ts";
import { accountsEndpoint } from "./api/accounts-endpoint.ts";
import { homePage } from "./pages/home-page.ts";
import { transactionsPage } from "./pages/transactions-page.ts";
import type { HarbourViews } from "./pages/views.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const fontsOf = (face: string) =>
  join(
    dirname(createRequire(import.meta.url).resolve(`@fontsource-variable/${face}/package.json`)),
    "files",
  );

export const harbourBank: Site = {
  scope: "openid profile email accounts:read",
  app: ({ config, relyingParty, clock, logger }) =>
    siteApp<HarbourViews>({
      config,
      relyingParty,
      logger,
      views: here("views"),
      assets: {
        "/assets": here("public"),
        "/assets/kit": here("../relying-party/public"),
        "/assets/fonts/archivo": fontsOf("archivo"),
        "/assets/fonts/red-hat-mono": fontsOf("red-hat-mono"),
      },
      routes({ router, render }) {
        const { requireSession, requireAccess } = relyingParty;
        router.get("/", requireSession(), homePage({ render, siteName: config.name, clock }));
        router.get("/transactions", requireSession(), transactionsPage({ render, clock }));
        router.get(
          "/api/accounts",
          requireAccess({ scope: "accounts:read" }),
          accountsEndpoint({ clock }),
        );
      },
    }),
};
