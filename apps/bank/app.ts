// Harbour Bank, wired: which pages and answers it has, and what each of them asks for at the door.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { siteApp } from "../relying-party/site-app.ts";
import type { Site } from "../relying-party/site-main.ts";
import { stateFile } from "../relying-party/state-file.ts";
import { accountsEndpoint } from "./api/accounts-endpoint.ts";
import { transfersEndpoint } from "./api/transfers-endpoint.ts";
import { createBooks, KeptBooks } from "./ledger/books.ts";
import { homePage } from "./pages/home-page.ts";
import { transactionsPage } from "./pages/transactions-page.ts";
import { transfersPage } from "./pages/transfers-page.ts";
import type { HarbourViews } from "./pages/views.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const fontsOf = (face: string) =>
  join(
    dirname(createRequire(import.meta.url).resolve(`@fontsource-variable/${face}/package.json`)),
    "files",
  );

export const harbourBank: Site = {
  scope: "openid profile email accounts:read transfers:write",
  app({ config, relyingParty, clock, logger }) {
    const file = stateFile(join(config.dataDirectory, "transfers.json"), KeptBooks);
    const books = createBooks({ clock, file });
    return siteApp<HarbourViews>({
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
        const { requireSession, requireAccess, readOwnForm } = relyingParty;
        const home = homePage({ render, siteName: config.name, books, clock });
        const transfers = transfersPage({ render, books, readOwnForm, clock });
        // What cannot be undone waits until Signet says that nobody has been signed out.
        const strict = true;
        router
          .get("/", requireSession(), home)
          .get("/transactions", requireSession(), transactionsPage({ render, books, clock }))
          .get("/transfers", requireSession({ strict }), transfers.form)
          .post("/transfers", requireSession({ strict }), transfers.send)
          .get("/transfers/:id", requireSession(), transfers.done);
        router
          .get(
            "/api/accounts",
            requireAccess({ scope: "accounts:read" }),
            accountsEndpoint({ books, clock }),
          )
          .post(
            "/api/transfers",
            requireAccess({ scope: "transfers:write", strict }),
            transfersEndpoint({ books }),
          );
      },
    });
  },
};
