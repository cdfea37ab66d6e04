// The form that sends money, as it is shown first and as it comes back with what has to be corrected; and the page
// that says what was sent.
import type { Visit } from "../../relying-party/visit.ts";
import { clockTime, dayOf, monthOf, plainDay } from "../../relying-party/words/calendar.ts";
import { span } from "../../relying-party/words/time-in-words.ts";
import { euros } from "../../sample-life/money.ts";
import type { Customer } from "../ledger/customer.ts";
import { type Payee, payeesOf } from "../ledger/payees.ts";
import { statementOf } from "../ledger/statement.ts";
import type { Transfer } from "../ledger/transfer.ts";

export type TransferField = "to" | "amount" | "reference";

/** What the person has written so far, as it came. */
export type WrittenTransfer = Readonly<Record<TransferField, string>>;

/** What is wrong: by field, or with the whole of it. */
export interface TransferErrors {
  readonly form?: string;
  readonly fields?: Partial<Readonly<Record<TransferField, string>>>;
}

export interface TransferModel {
  readonly accountNumber: string;
  readonly balance: string;
  readonly payees: readonly (Payee & { readonly isChosen: boolean })[];
  readonly written: WrittenTransfer;
  readonly formError: string | undefined;
  readonly errors: Partial<Readonly<Record<TransferField, string>>>;
  readonly summary: readonly { readonly text: string; readonly href: string }[];
  /** Names this very form, so that pressing twice sends once. */
  readonly once: string;
  readonly listAge: string | undefined;
}

const FIELD_ORDER: readonly TransferField[] = ["to", "amount", "reference"];

export function transferModel(facts: {
  visit: Visit;
  customer: Customer;
  written: WrittenTransfer;
  errors: TransferErrors;
  once: string;
  now: Date;
}): TransferModel {
  const { visit, customer, written, once, now } = facts;
  const { form: formError, fields: errors = {} } = facts.errors;
  const payees = payeesOf(customer).map((payee) => ({
    ...payee,
    isChosen: payee.id === written.to,
  }));
  const { standing } = visit.pass;
  const targets = { to: `to-${payees[0]?.id}`, amount: "amount", reference: "reference" };
  return {
    accountNumber: `·${customer.currentNumber}`,
    balance: euros(balanceCents(customer, now)),
    payees,
    written,
    formError,
    errors,
    summary: FIELD_ORDER.flatMap((field) => {
      const text = errors[field];
      return text ? [{ text, href: `#${targets[field]}` }] : [];
    }),
    once,
    listAge: standing && span(standing.listFetchedAt, now),
  };
}

export interface TransferDoneModel {
  readonly amount: { readonly euros: string; readonly cents: string };
  readonly way: string;
  readonly facts: readonly { readonly term: string; readonly value: string }[];
}

export function transferDoneModel(transfer: Transfer, customer: Customer): TransferDoneModel {
  const { at, name, isOwn, cents, reference } = transfer;
  const made = new Date(at);
  const [wholePart = "", centPart = ""] = euros(cents).split(".");
  return {
    amount: { euros: wholePart, cents: `.${centPart}` },
    way: isOwn ? `moved to ${name}` : `sent to ${name}`,
    facts: [
      { term: "From", value: `Current ·${customer.currentNumber}` },
      { term: "To", value: name },
      ...(reference ? [{ term: "Reference", value: reference }] : []),
      { term: "When", value: `${plainDay(dayOf(made))}, ${clockTime(made)}` },
      { term: "Left in Current", value: euros(transfer.balanceCents) },
    ],
  };
}

const balanceCents = (customer: Customer, now: Date): number => {
  const today = dayOf(now);
  return statementOf(customer, "current", monthOf(today), today).balanceCents;
};
