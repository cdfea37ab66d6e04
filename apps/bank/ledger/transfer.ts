// Money that a customer has sent from Current, and how it reads on the statements of both accounts.
import { z } from "zod";
import { dayOf, type Month, monthOf } from "../../relying-party/words/calendar.ts";
import type { AccountId } from "./account.ts";
import type { Movement } from "./movement.ts";

export const Transfer = z.object({
  id: z.string(),
  at: z.iso.datetime(),
  /** Whom it went to: a payee's id and name, as they were then. */
  to: z.string(),
  name: z.string(),
  isOwn: z.boolean(),
  cents: z.int().positive(),
  reference: z.string(),
  /** What stood in Current afterwards. */
  balanceCents: z.int(),
});
export type Transfer = Readonly<z.infer<typeof Transfer>>;

/** What a customer has to do with it. */
interface Sender {
  readonly currentNumber: string;
  readonly transfers: readonly Transfer[];
}

export const transfersIn = (sender: Sender, account: AccountId, month: Month): Movement[] =>
  movementsOf(sender, account).filter(({ day }) => monthOf(day) === month);

export const transfersBefore = (sender: Sender, account: AccountId, month: Month): Movement[] =>
  movementsOf(sender, account).filter(({ day }) => monthOf(day) < month);

function movementsOf(sender: Sender, account: AccountId): Movement[] {
  if (account === "current") return sender.transfers.map(sent);
  return sender.transfers.filter(({ isOwn }) => isOwn).map((each) => arrived(each, sender));
}

const sent = ({ at, name, isOwn, cents, reference }: Transfer): Movement => ({
  day: dayOf(new Date(at)),
  party: isOwn ? `To ${name}` : name,
  purpose: isOwn ? "Saving" : "Transfers",
  cents: -cents,
  kind: isOwn ? "own" : "transfer",
  ...(reference && { reference }),
});

const arrived = ({ at, cents, reference }: Transfer, { currentNumber }: Sender): Movement => ({
  day: dayOf(new Date(at)),
  party: `From Current ·${currentNumber}`,
  purpose: "Saving",
  cents,
  kind: "own",
  ...(reference && { reference }),
});
