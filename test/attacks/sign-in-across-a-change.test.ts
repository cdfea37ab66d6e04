// A sign-in takes a moment: the password is looked at first, the session begins after. What changed
// in between must be seen, or whoever knew the old password is in for another twelve hours.
import argon2 from "argon2";
import { beforeAll, describe, expect, it } from "vitest";
import { AccountNotEnabled } from "../../idp/records/accounts/account.ts";
import { aClient, authorizeUrl, signIn, told } from "../idp/endpoints/authorize/arranging.ts";
import { aVisitor } from "../support/a-visitor.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../support/an-idp.ts";

let idp: TestIdp;
let bank: Awaited<ReturnType<typeof aClient>>;
let number = 0;
const by = { actor: "test" };

beforeAll(async () => {
  idp = await anIdp();
  bank = await aClient(idp, "bank");
  return () => idp.close();
});

const somebody = () => {
  number += 1;
  return aPerson(idp, { email: `somebody-${number}@example.test` });
};

/** The first half of a sign-in: the password is right, by now. */
async function passwordAccepted({ email, password }: Person) {
  const now = idp.clock.now();
  const result = await idp.known.authenticatePassword(email, password, "192.0.2.1", now, by);
  if (result.kind !== "authenticated") throw new Error(result.kind);
  return result.account;
}

/** The second half. */
const begin = (account: Person["account"]) =>
  idp.known.sessions.begin(
    { account, acr: "pwd", amr: ["pwd"], userAgent: "attacker" },
    idp.clock.now(),
    by,
  );

async function choosesAnotherPassword({ account }: Person) {
  const link = await idp.known.passwordLinks.create(account.id, idp.clock.now(), 600, by);
  const visitor = aVisitor();
  const page = await visitor.get(`${idp.issuer}/set-password/${link}`);
  const password = "quite another set of words";
  await visitor.submit(page, { password, repeat: password });
  return { account, email: account.email, password };
}

describe("a sign-in under way while the account changes", () => {
  it("S2, P8: with the old password begins no session once a new one is set", async () => {
    const person = await somebody();
    const accepted = await passwordAccepted(person);
    const changed = await choosesAnotherPassword(person);
    await expect(begin(accepted)).rejects.toThrow(AccountNotEnabled);
    const open = await idp.known.sessions.list(person.account.id, idp.clock.now());
    expect(open).toEqual([]);

    const visitor = aVisitor();
    const page = await visitor.follow(authorizeUrl(idp, bank));
    expect(told(await signIn(visitor, page, changed)).code).toBeDefined();
  });

  it("S2, P8: and one that began before is ended by the change", async () => {
    const person = await somebody();
    const { secret } = await begin(await passwordAccepted(person));
    await choosesAnotherPassword(person);
    expect(await idp.known.sessions.find(secret, idp.clock.now())).toBeUndefined();
  });

  it("P6: begins none once the account is disabled", async () => {
    const person = await somebody();
    const accepted = await passwordAccepted(person);
    const { id: accountId } = person.account;
    await idp.known.endAccess(
      { kind: "account", accountId },
      "account-disabled",
      idp.clock.now(),
      by,
    );
    await expect(begin(accepted)).rejects.toThrow(AccountNotEnabled);
  });

  it("P1: two sign-ins at once, while the hash is made anew, both go through", async () => {
    const person = await somebody();
    const hash = await argon2.hash(person.password, { memoryCost: 8192, timeCost: 2 });
    await idp.known.accounts.setPassword(person.account.id, hash, idp.clock.now(), by);
    const [first, second] = await Promise.all([passwordAccepted(person), passwordAccepted(person)]);
    expect((await begin(first)).session.accountId).toBe(person.account.id);
    expect((await begin(second)).session.accountId).toBe(person.account.id);
    expect(await passwordAccepted(person)).toBeDefined();
  });
});
