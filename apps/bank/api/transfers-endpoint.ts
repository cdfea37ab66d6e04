/**
 * POST /api/transfers: sends money from the current account, for a bearer of `transfers:write`. The header
 * Idempotency-Key names the request: asked again, it is answered again and nothing more is sent.
 */
import { z } from "zod";
import { readJson } from "../../relying-party/read-json.ts";
import { accessOf, type SiteContext } from "../../relying-party/visit.ts";
import { type Books, TransferRefused } from "../ledger/books.ts";
import { Cents, Reference } from "../ledger/order-fields.ts";
import { payeesOf } from "../ledger/payees.ts";
import type { Transfer } from "../ledger/transfer.ts";

/** Strict: a member that is spelled wrongly must not become a default. */
const TransferRequest = z.strictObject({
  to: z.string(),
  /** Minor units. */
  amount: Cents,
  currency: z.literal("EUR"),
  reference: Reference.default(""),
});

const IdempotencyKey = z.string().regex(/^[\x21-\x7e]{1,255}$/);

export const transfersEndpoint =
  ({ books }: { books: Books }) =>
  async (ctx: SiteContext) => {
    const { iss, sub, client_id } = accessOf(ctx);
    const person = { issuer: iss, subject: sub };
    ctx.set("Cache-Control", "no-store");

    const key = IdempotencyKey.safeParse(ctx.get("idempotency-key")).data;
    if (key === undefined) {
      return refuse(ctx, 400, "invalid_request", "Send one Idempotency-Key, new for each transfer");
    }
    const parsed = TransferRequest.safeParse(await readJson(ctx));
    if (!parsed.success) return refuse(ctx, 400, "invalid_request", reasonOf(parsed.error));
    const { to, amount: cents, reference } = parsed.data;
    const payees = payeesOf(await books.customerOf(person));
    const payee = payees.find(({ id }) => id === to);
    if (!payee) {
      const known = payees.map(({ id }) => id).join(", ");
      return refuse(ctx, 400, "invalid_request", `to: one of ${known}`);
    }
    try {
      const request = { from: `client ${client_id}`, key };
      ctx.body = answerOf(await books.send(person, { payee, cents, reference }, request));
      ctx.status = 201;
    } catch (error) {
      if (!(error instanceof TransferRefused)) throw error;
      const [status, code, description] = REFUSALS[error.reason];
      refuse(ctx, status, code, description);
    }
  };

const REFUSALS = {
  balance: [422, "insufficient_funds", "The current account holds less than that"],
  "too-many": [429, "too_many_transfers", "No more transfers today"],
  "key-reused": [
    422,
    "idempotency_key_reused",
    "This Idempotency-Key was used for another transfer",
  ],
} as const satisfies Record<TransferRefused["reason"], readonly [number, string, string]>;

const answerOf = ({ id, at, to, cents, reference, balanceCents }: Transfer) => ({
  id,
  made_at: at,
  to,
  amount: cents,
  currency: "EUR",
  reference,
  balance: balanceCents,
});

function refuse(ctx: SiteContext, status: number, error: string, error_description: string) {
  ctx.status = status;
  ctx.body = { error, error_description };
}

function reasonOf({ issues: [issue] }: z.ZodError): string {
  return issue ? `${issue.path.join(".") || "the body"}: ${issue.message}` : "not a transfer";
}
