// The bank's books: each customer with all that they have sent, and the one place where money is sent. A transfer
// is checked and entered in one step, without a pause in which another could spend the same money, and is answered
// once it is kept. What is asked for under a key is done once.
import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import { type Clock, hasPassed } from "../../relying-party/clock.ts";
import type { StateFile } from "../../relying-party/state-file.ts";
import { dayOf, monthOf } from "../../relying-party/words/calendar.ts";
import type { PersonKey } from "../../sample-life/working-life.ts";
import { type Customer, customerFor } from "./customer.ts";
import type { Payee } from "./payees.ts";
import { statementOf } from "./statement.ts";
import { Transfer } from "./transfer.ts";

/** One transfer as it is kept: whose it is, and the request that it answers. */
const Entry = z.object({
  issuer: z.string(),
  subject: z.string(),
  transfer: Transfer,
  request: z.object({ key: z.string(), content: z.string() }),
});
type Entry = z.infer<typeof Entry>;
export const KeptBooks = z.array(Entry);

export interface TransferOrder {
  readonly payee: Payee;
  readonly cents: number;
  readonly reference: string;
}

/** Why nothing was sent. */
export class TransferRefused extends Error {
  override name = "TransferRefused";
  readonly reason: "balance" | "too-many" | "key-reused";

  constructor(reason: TransferRefused["reason"]) {
    super(`not sent: ${reason}`);
    this.reason = reason;
  }
}

export interface Books {
  customerOf(person: PersonKey): Promise<Customer>;
  find(person: PersonKey, id: string): Promise<Transfer | undefined>;
  /**
   * Sends money from Current, once for each key: the same order under the same key is the transfer of before.
   * @param request.from  who asks: a client's id, or this site's own pages; keys of one mean nothing to another
   * @throws TransferRefused
   */
  send(
    person: PersonKey,
    order: TransferOrder,
    request: { from: string; key: string },
  ): Promise<Transfer>;
}

const KEY_KEPT_SECONDS = 24 * 3600;
const MOST_A_DAY = 50;
/** A sample bank's file has an end. */
const MOST_AT_ALL = 20_000;

export function createBooks(options: {
  clock: Clock;
  file: StateFile<z.infer<typeof KeptBooks>>;
}): Books {
  const { clock, file } = options;
  let entries: readonly Entry[] = [];
  const underWay = new Map<string, Promise<void>>();
  const loaded = file.read().then((kept = []) => {
    entries = kept;
  });

  const of = ({ issuer, subject }: PersonKey) =>
    entries
      .filter((entry) => entry.issuer === issuer && entry.subject === subject)
      .map(({ transfer }) => transfer);
  const answered = (key: string) =>
    entries.find(
      ({ request, transfer }) =>
        request.key === key && !hasPassed(clock, KEY_KEPT_SECONDS, new Date(transfer.at)),
    );

  /** Checks and writes into memory; nothing happens in between. */
  const enter = (person: PersonKey, order: TransferOrder, request: Entry["request"]): Entry => {
    const at = clock.now();
    const today = dayOf(at);
    const before = of(person);
    const isToday = (transfer: Transfer) => dayOf(new Date(transfer.at)) === today;
    if (before.filter(isToday).length >= MOST_A_DAY || entries.length >= MOST_AT_ALL) {
      throw new TransferRefused("too-many");
    }
    const customer = customerFor(person, before);
    const { balanceCents } = statementOf(customer, "current", monthOf(today), today);
    if (order.cents > balanceCents) throw new TransferRefused("balance");
    const { payee, cents, reference } = order;
    const transfer = {
      id: randomBytes(12).toString("base64url"),
      at: at.toISOString(),
      to: payee.id,
      name: payee.name,
      isOwn: payee.isOwn,
      cents,
      reference,
      balanceCents: balanceCents - cents,
    };
    const { issuer, subject } = person;
    const entry = { issuer, subject, transfer, request };
    entries = [...entries, entry];
    return entry;
  };
  const keep = async (entry: Entry) => {
    try {
      await file.write([...entries]);
    } catch (error) {
      // What would be forgotten by a restart has not been sent.
      entries = entries.filter((each) => each !== entry);
      // Another transfer may have been kept together with it.
      void file.write([...entries]).catch(() => undefined);
      throw error;
    }
  };

  return {
    async customerOf(person) {
      await loaded;
      return customerFor(person, of(person));
    },
    async find(person, id) {
      await loaded;
      return of(person).find((transfer) => transfer.id === id);
    },
    async send(person, order, { from, key }) {
      await loaded;
      const { payee, cents, reference } = order;
      const request = {
        key: hashOf(person.issuer, person.subject, from, key),
        content: hashOf(payee.id, String(cents), reference),
      };
      const known = answered(request.key);
      if (known && known.request.content !== request.content) {
        throw new TransferRefused("key-reused");
      }
      const entry = known ?? enter(person, order, request);
      if (!known) {
        const kept = keep(entry).finally(() => underWay.delete(entry.transfer.id));
        underWay.set(entry.transfer.id, kept);
      }
      // Whoever asks again meanwhile gets the same answer, and no earlier.
      await underWay.get(entry.transfer.id);
      return entry.transfer;
    },
  };
}

const hashOf = (...parts: readonly string[]) =>
  createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
