/** GET and POST /transfers: the form that sends money; GET /transfers/:id: what was sent. */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../../relying-party/clock.ts";
import type { ReadOwnForm } from "../../relying-party/own-form.ts";
import { pageNotFound } from "../../relying-party/site-problem.ts";
import { type SiteContext, visitOf } from "../../relying-party/visit.ts";
import { type Books, TransferRefused } from "../ledger/books.ts";
import { Reference, TypedAmount } from "../ledger/order-fields.ts";
import { payeesOf } from "../ledger/payees.ts";
import {
  type TransferErrors,
  transferDoneModel,
  transferModel,
  type WrittenTransfer,
} from "./transfer-model.ts";
import type { HarbourRender } from "./views.ts";

/** What each field has to be; the sentences are for the person who filled it in. */
const TransferForm = z.object({
  to: z.string().min(1, "Choose whom to send it to."),
  amount: TypedAmount,
  reference: Reference,
});
const FormKey = z.string().regex(/^[\w-]{22}$/);
const newFormKey = () => randomBytes(16).toString("base64url");

const USED = "This form was sent before, with something else in it. That was done; this was not.";
const REFUSALS: Readonly<Record<TransferRefused["reason"], TransferErrors>> = {
  balance: { fields: { amount: "That is more than there is in Current." } },
  "too-many": { form: "That is as much as we send in a day. Nothing was sent." },
  "key-reused": { form: `${USED} Look it over and press once more to send it.` },
};

interface Deps {
  render: HarbourRender;
  books: Books;
  readOwnForm: ReadOwnForm;
  clock: Clock;
}

export const transfersPage = ({ render, books, readOwnForm, clock }: Deps) => {
  const show = async (ctx: SiteContext, written: WrittenTransfer, errors: TransferErrors) => {
    const visit = visitOf(ctx);
    const customer = await books.customerOf(visit.signedIn);
    const facts = { visit, customer, written, errors, once: newFormKey(), now: clock.now() };
    await render(ctx, "transfer", transferModel(facts));
  };

  return {
    async form(ctx: SiteContext) {
      const to = new URLSearchParams(ctx.querystring).get("to") ?? "";
      await show(ctx, { to, amount: "", reference: "" }, {});
    },

    async send(ctx: SiteContext) {
      const { signedIn } = visitOf(ctx);
      const fields = await readOwnForm(ctx);
      const written = {
        to: fields.get("to") ?? "",
        amount: fields.get("amount") ?? "",
        reference: fields.get("reference") ?? "",
      };
      const correct = (errors: TransferErrors) => {
        ctx.status = 422;
        return show(ctx, written, errors);
      };
      const parsed = TransferForm.safeParse(written);
      if (!parsed.success) return correct({ fields: firstOfEach(parsed.error) });
      const { to, amount: cents, reference } = parsed.data;
      const payee = payeesOf(await books.customerOf(signedIn)).find(({ id }) => id === to);
      if (!payee) return correct({ fields: { to: "Choose whom to send it to." } });
      const key = FormKey.safeParse(fields.get("once")).data;
      if (key === undefined) return correct(REFUSALS["key-reused"]);
      try {
        const request = { from: "page", key };
        const { id } = await books.send(signedIn, { payee, cents, reference }, request);
        ctx.status = 303;
        ctx.redirect(`/transfers/${id}`);
      } catch (error) {
        if (!(error instanceof TransferRefused)) throw error;
        return correct(REFUSALS[error.reason]);
      }
    },

    async done(ctx: SiteContext & { params: Record<string, string | undefined> }) {
      const { signedIn } = visitOf(ctx);
      const transfer = await books.find(signedIn, ctx.params.id ?? "");
      if (!transfer) throw pageNotFound();
      const customer = await books.customerOf(signedIn);
      await render(ctx, "transfer-done", transferDoneModel(transfer, customer));
    },
  };
};

/** One sentence for each field is enough at a time. */
function firstOfEach(error: z.ZodError): Record<string, string> {
  const first: Record<string, string> = {};
  for (const { path, message } of error.issues) first[path.join(".")] ??= message;
  return first;
}
