/** GET /api/accounts: a person's accounts and balances, for a bearer of `accounts:read` (RFC 6750). */
import type { Clock } from "../../relying-party/clock.ts";
import { accessOf, type SiteContext } from "../../relying-party/visit.ts";
import { dayOf, monthOf } from "../../relying-party/words/calendar.ts";
import { decimalEuros } from "../../sample-life/money.ts";
import type { AccountId } from "../ledger/account.ts";
import type { Books } from "../ledger/books.ts";
import type { Customer } from "../ledger/customer.ts";
import { statementOf } from "../ledger/statement.ts";

export const accountsEndpoint =
  ({ books, clock }: { books: Books; clock: Clock }) =>
  async (ctx: SiteContext) => {
    const { iss, sub } = accessOf(ctx);
    const customer = await books.customerOf({ issuer: iss, subject: sub });
    ctx.set("Cache-Control", "no-store");
    ctx.body = accountsAnswer(customer, clock.now());
  };

/** Amounts are decimal text with their currency beside them, so that no reader loses a cent. */
function accountsAnswer(customer: Customer, now: Date) {
  const today = dayOf(now);
  const account = (id: AccountId, name: string, number: string) => {
    const { balanceCents, pendingCents } = statementOf(customer, id, monthOf(today), today);
    return {
      id,
      name,
      number,
      currency: "EUR",
      balance: decimalEuros(balanceCents),
      pending: decimalEuros(pendingCents),
    };
  };
  return {
    as_of: now.toISOString(),
    accounts: [
      account("current", "Current", customer.currentNumber),
      account("rainy-day", "Rainy day", customer.rainyDayNumber),
    ],
  };
}
