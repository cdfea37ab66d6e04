import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ACCOUNT_IDS } from "../../../../apps/bank/ledger/account.ts";
import { type Books, createBooks, KeptBooks } from "../../../../apps/bank/ledger/books.ts";
import type { Customer } from "../../../../apps/bank/ledger/customer.ts";
import { payeesOf } from "../../../../apps/bank/ledger/payees.ts";
import { statementOf, totalCentsOn } from "../../../../apps/bank/ledger/statement.ts";
import { stateFile } from "../../../../apps/relying-party/state-file.ts";
import {
  addMonths,
  dayOf,
  lastDayOf,
  monthOf,
} from "../../../../apps/relying-party/words/calendar.ts";
import { type MovableClock, movableClock } from "../../../support/movable-clock.ts";

const ALICE = { issuer: "http://id.localhost", subject: "alice" };
const BRUNO = { issuer: "http://id.localhost", subject: "bruno" };

let directory: string;
let clock: MovableClock;
let books: Books;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "signet-books-"));
  clock = movableClock(new Date("2026-11-20T13:06:38.204Z"));
  open();
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const path = () => join(directory, "transfers.json");
/** As a restart would. */
function open() {
  books = createBooks({ clock, file: stateFile(path(), KeptBooks) });
}

let keys = 0;
async function send(
  cents: number,
  { to = "rainy-day", key = `key ${keys++}`, from = "page", person = ALICE, reference = "" } = {},
) {
  const payee = payeesOf(await books.customerOf(person)).find(({ id }) => id === to);
  if (!payee) throw new Error(`nobody is called ${to}`);
  return books.send(person, { payee, cents, reference }, { from, key });
}
const today = () => dayOf(clock.now());
const balanceOf = (customer: Customer, account: (typeof ACCOUNT_IDS)[number]) =>
  statementOf(customer, account, monthOf(today()), today()).balanceCents;

describe("money that is sent", () => {
  it("leaves Current, and arrives where the other account is one's own", async () => {
    const before = await books.customerOf(ALICE);
    await send(15_000);
    await send(2500, { to: "landlord" });
    const after = await books.customerOf(ALICE);
    expect(balanceOf(after, "current")).toBe(balanceOf(before, "current") - 17_500);
    expect(balanceOf(after, "rainy-day")).toBe(balanceOf(before, "rainy-day") + 15_000);
    expect(totalCentsOn(after, today())).toBe(totalCentsOn(before, today()) - 2500);
  });

  it("keeps every statement balanced, in that month and in all that follow", async () => {
    for (const day of [20, 25, 30, 40, 70]) {
      clock.set(new Date(Date.UTC(2026, 10, day, 12)));
      await send(1200 + day);
      await send(300 + day, { to: "person-1", reference: "lunch" });
    }
    const customer = await books.customerOf(ALICE);
    for (const account of ACCOUNT_IDS) {
      for (const month of ["2026-10", "2026-11", "2026-12", "2027-01", "2027-02"]) {
        const statement = statementOf(customer, account, month, lastDayOf(month));
        let balance = statement.openingCents;
        for (const line of statement.lines) {
          balance += line.cents;
          expect(line.balanceCents).toBe(balance);
        }
        const next = addMonths(month, 1);
        expect(statementOf(customer, account, next, lastDayOf(next)).openingCents).toBe(balance);
      }
    }
  });

  it("is nobody else's", async () => {
    const before = await books.customerOf(BRUNO);
    const { id } = await send(15_000);
    expect(await books.customerOf(BRUNO)).toEqual(before);
    expect(await books.find(BRUNO, id)).toBeUndefined();
    expect((await books.find(ALICE, id))?.cents).toBe(15_000);
  });

  it("is never more than there is, however many ask at once", async () => {
    const there = balanceOf(await books.customerOf(ALICE), "current");
    const half = Math.ceil(there / 2) + 1;
    const answers = await Promise.allSettled(Array.from({ length: 10 }, () => send(half)));
    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(balanceOf(await books.customerOf(ALICE), "current")).toBe(there - half);
    await expect(send(there - half + 1)).rejects.toMatchObject({ reason: "balance" });
    await send(there - half);
    expect(balanceOf(await books.customerOf(ALICE), "current")).toBe(0);
  });

  it("is known after a restart, and so is what it was asked for", async () => {
    const transfer = await send(15_000, { key: "once" });
    open();
    expect(await books.find(ALICE, transfer.id)).toEqual(transfer);
    expect(await send(15_000, { key: "once" })).toEqual(transfer);
    expect((await books.customerOf(ALICE)).transfers).toHaveLength(1);
  });

  it("fifty times a day are enough", async () => {
    for (let count = 0; count < 50; count += 1) await send(1);
    await expect(send(1)).rejects.toMatchObject({ reason: "too-many" });
    await send(1, { person: BRUNO });
    clock.advance(24 * 3600);
    await send(1);
  });
});

describe("the same request again", () => {
  it("twenty at once are one transfer and one answer", async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => send(700, { key: "once" })));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect((await books.customerOf(ALICE)).transfers).toHaveLength(1);
    expect(JSON.parse(await readFile(path(), "utf8"))).toHaveLength(1);
  });

  it("with something else in it is refused, and nothing is sent", async () => {
    await send(700, { key: "once" });
    for (const other of [
      send(701, { key: "once" }),
      send(700, { key: "once", to: "landlord" }),
      send(700, { key: "once", reference: "x" }),
    ]) {
      await expect(other).rejects.toMatchObject({ reason: "key-reused" });
    }
    expect((await books.customerOf(ALICE)).transfers).toHaveLength(1);
  });

  it("a key of one person or client means nothing to another", async () => {
    const all = await Promise.all([
      send(700, { key: "once" }),
      send(700, { key: "once", from: "client a" }),
      send(700, { key: "once", from: "client b" }),
      send(700, { key: "once", person: BRUNO }),
    ]);
    expect(new Set(all.map(({ id }) => id)).size).toBe(4);
  });

  it("a key counts for a day", async () => {
    const first = await send(700, { key: "once" });
    clock.advance(24 * 3600 - 1);
    expect(await send(700, { key: "once" })).toEqual(first);
    clock.advance(1);
    expect(await send(700, { key: "once" })).not.toEqual(first);
  });
});

describe("what cannot be kept", () => {
  it("has not been sent, and may be sent again under the same key", async () => {
    await books.customerOf(ALICE);
    const there = balanceOf(await books.customerOf(ALICE), "current");
    // A directory in the place of the file: no rename can succeed.
    await rm(directory, { recursive: true });
    await writeFile(directory, "in the way");
    await expect(send(700, { key: "once" })).rejects.toThrow();
    expect(balanceOf(await books.customerOf(ALICE), "current")).toBe(there);
    await rm(directory);
    await send(700, { key: "once" });
    expect(balanceOf(await books.customerOf(ALICE), "current")).toBe(there - 700);
    open();
    expect(balanceOf(await books.customerOf(ALICE), "current")).toBe(there - 700);
  });
});
