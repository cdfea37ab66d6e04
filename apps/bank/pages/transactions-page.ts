/** GET /transactions: every movement of one account in one month, by day. */
import { z } from "zod";
import type { Clock } from "../../relying-party/clock.ts";
import { pageNotFound } from "../../relying-party/site-problem.ts";
import { type SiteContext, visitOf } from "../../relying-party/visit.ts";
import { ACCOUNT_IDS } from "../ledger/account.ts";
import type { Books } from "../ledger/books.ts";
import { transactionsModel } from "./transactions-model.ts";
import type { HarbourRender } from "./views.ts";

/** Unknown parameters are ignored; a known one given twice is an address of nothing here. */
const TransactionsRequest = z.looseObject({
  account: z.enum(ACCOUNT_IDS).optional(),
  month: z
    .string()
    .regex(/^20\d{2}-(0[1-9]|1[0-2])$/)
    .optional(),
});

interface Deps {
  render: HarbourRender;
  books: Books;
  clock: Clock;
}

export const transactionsPage =
  ({ render, books, clock }: Deps) =>
  async (ctx: SiteContext) => {
    const request = TransactionsRequest.safeParse(ctx.query);
    if (!request.success) throw pageNotFound();
    const visit = visitOf(ctx);
    const customer = await books.customerOf(visit.signedIn);
    const model = transactionsModel(visit, customer, request.data, clock.now());
    if (!model) throw pageNotFound();
    await render(ctx, "transactions", model);
  };
