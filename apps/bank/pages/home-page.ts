/** GET /: the balance, the latest movements, the spending tide, and the proof of who is asking. */
import type { Clock } from "../../relying-party/clock.ts";
import { type SiteContext, visitOf } from "../../relying-party/visit.ts";
import type { Books } from "../ledger/books.ts";
import { homeModel } from "./home-model.ts";
import type { HarbourRender } from "./views.ts";

interface Deps {
  render: HarbourRender;
  siteName: string;
  books: Books;
  clock: Clock;
}

export const homePage =
  ({ render, siteName, books, clock }: Deps) =>
  async (ctx: SiteContext) => {
    const visit = visitOf(ctx);
    const customer = await books.customerOf(visit.signedIn);
    await render(ctx, "home", homeModel(visit, customer, siteName, clock.now()));
  };
