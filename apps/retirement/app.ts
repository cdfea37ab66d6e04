// Evergreen Retirement, wired: which pages and answers it has, and what each of them asks for at the door.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { siteApp } from "../relying-party/site-app.ts";
import type { Site } from "../relying-party/site-main.ts";
import { planEndpoint } from "./api/plan-endpoint.ts";
import { contributionsPage } from "./pages/contributions-page.ts";
import { homePage } from "./pages/home-page.ts";
import type { EvergreenViews } from "./pages/views.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const fontsOf = (face: string) =>
  join(
    dirname(createRequire(import.meta.url).resolve(`@fontsource-variable/${face}/package.json`)),
    "files",
  );

export const evergreenRetirement: Site = {
  scope: "openid profile email plan:read",
  app: ({ config, relyingParty, clock, logger }) =>
    siteApp<EvergreenViews>({
      config,
      relyingParty,
      logger,
      views: here("views"),
      assets: {
        "/assets": here("public"),
        "/assets/kit": here("../relying-party/public"),
        "/assets/fonts/besley": fontsOf("besley"),
        "/assets/fonts/atkinson-hyperlegible-next": fontsOf("atkinson-hyperlegible-next"),
        "/assets/fonts/red-hat-mono": fontsOf("red-hat-mono"),
      },
      routes({ router, render }) {
        const { requireSession, requireAccess } = relyingParty;
        router.get("/", requireSession(), homePage({ render, siteName: config.name, clock }));
        router.get("/contributions", requireSession(), contributionsPage({ render, clock }));
        router.get("/api/plan", requireAccess({ scope: "plan:read" }), planEndpoint({ clock }));
      },
    }),
};
