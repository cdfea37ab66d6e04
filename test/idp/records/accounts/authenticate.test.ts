import { beforeAll, describe, expect, it } from "vitest";
import {
  type AuthenticatePassword,
  authenticatePassword,
} from "../../../../idp/records/accounts/authenticate.ts";
import { Overloaded } from "../../../../idp/records/accounts/hashing-lane.ts";
import { passwordHasher } from "../../../../idp/records/accounts/password-hasher.ts";
import { signInThrottleStore } from "../../../../idp/records/accounts/sign-in-throttle-store.ts";
import { throttlePolicies } from "../../../../idp/records/accounts/throttle-policy.ts";
import { openTwoHandles } from "../../../support/databases.ts";
import { addAccount, at, cause, type Stores, storesOver, times } from "../a-world.ts";

const password = "correct horse battery staple";
const parameters = { memoryCost: 64, timeCost: 2, parallelism: 1 };

let here: Stores;
let there: Stores;
beforeAll(async () => {
  const [one, other] = await openTwoHandles();
  here = storesOver(one);
  there = storesOver(other);
});

/** One replica's way of authenticating, with a hasher of its own to count. */
function aReplica(stores: Stores, limits: Parameters<typeof passwordHasher>[0] = {}) {
  const hasher = passwordHasher({ parameters, queue: 1000, deadlineMs: 60_000, ...limits });
  const throttle = signInThrottleStore(stores.database);
  const authenticate: AuthenticatePassword = authenticatePassword({ ...stores, throttle, hasher });
  return { hasher, authenticate };
}

async function aPerson() {
  const account = await addAccount(here);
  const { hasher } = aReplica(here);
  await here.accounts.setPassword(account.id, await hasher.hash(password), at(0), cause);
  return account;
}

let lastPlace = 0;
const aPlace = () => {
  lastPlace += 1;
  return `10.1.${lastPlace >> 8}.${lastPlace & 255}`;
};

describe("authenticating by password", () => {
  it("takes the right password, however the address is spelt", async () => {
    const { id, email } = await aPerson();
    const { authenticate } = aReplica(here);
    const spelt = ` ${email.toUpperCase()} `;
    const result = await authenticate(spelt, password, aPlace(), at(1), cause);
    expect(result).toMatchObject({ kind: "authenticated", account: { id } });
  });

  it("P6: wrong, unknown, without a password and disabled are one answer, after one hash each", async () => {
    const wrong = await aPerson();
    const none = await addAccount(here);
    const disabled = await aPerson();
    const scope = { kind: "account", accountId: disabled.id } as const;
    await here.endAccess(scope, "account-disabled", at(0), cause);

    const { hasher, authenticate } = aReplica(here);
    const cases = [
      [wrong.email, "wrong horse battery staple"],
      ["nobody@example.test", password],
      [none.email, password],
      [disabled.email, password],
    ] as const;
    const costs = [];
    for (const [email, guess] of cases) {
      const before = { hashes: hasher.count, statements: here.database.statements.count };
      expect(await authenticate(email, guess, aPlace(), at(1), cause)).toEqual({ kind: "refused" });
      costs.push({
        hashes: hasher.count - before.hashes,
        statements: here.database.statements.count - before.statements,
      });
    }
    expect(costs).toEqual(Array(4).fill({ hashes: 1, statements: costs[0]?.statements }));
    const events = await here.audit.list({ limit: 4, kind: "sign-in.refused" });
    expect(events.map((event) => event.reason).sort()).toEqual([
      "disabled",
      "unknown account",
      "wrong password",
      "wrong password",
    ]);
    expect(JSON.stringify(events)).not.toContain("nobody@example.test");
  });

  it("P7: of 200 parallel guesses on two replicas only the permitted number is hashed", async () => {
    const { email } = await aPerson();
    const replicas = [aReplica(here), aReplica(there)];
    const address = aPlace();
    const spellings = [email, email.toUpperCase(), ` ${email}`, `${email}\t`];
    const results = await times(200, (index) => {
      const replica = replicas[index % 2] ?? aReplica(here);
      const spelling = spellings[index % 4] ?? email;
      return replica.authenticate(spelling, `guess number ${index}`, address, at(1), cause);
    });
    const hashed = replicas.reduce((sum, { hasher }) => sum + hasher.count, 0);
    expect(hashed).toBe(throttlePolicies.nameAtAddress.free);
    expect(results.filter((result) => result.kind === "refused")).toHaveLength(hashed);
    expect(results.filter((result) => result.kind === "throttled")).toHaveLength(200 - hashed);

    // G2: said once by each replica, not 190 times.
    const events = await here.audit.list({ limit: 1000, kind: "sign-in.throttled" });
    expect(events.length).toBeGreaterThanOrEqual(1);
    expect(events.length).toBeLessThanOrEqual(2);
    // The right password has to wait as well: being throttled says nothing about it.
    const right = await replicas[0]?.authenticate(email, password, address, at(1), cause);
    expect(right).toEqual({ kind: "throttled", retryAfterSeconds: 1 });
    const later = await replicas[0]?.authenticate(email, password, address, at(2), cause);
    expect(later?.kind).toBe("authenticated");
  });

  it("P7: a hundred good sign-ins in three minutes from one address all pass", async () => {
    const { email } = await aPerson();
    const { authenticate } = aReplica(here);
    const address = aPlace();
    for (let index = 0; index < 100; index += 1) {
      const result = await authenticate(email, password, address, at(index * 1.8), cause);
      expect(result.kind).toBe("authenticated");
    }
  });

  it("P5: an overload is said before any hashing, and is nobody's failure", async () => {
    const { email } = await aPerson();
    const { hasher, authenticate } = aReplica(here, { concurrency: 1, queue: 0 });
    const address = aPlace();
    const busy = hasher.hash("something else");
    for (let index = 0; index < 30; index += 1) {
      const attempt = authenticate(email, password, address, at(1), cause);
      const outcome = await attempt.catch((error: unknown) => error);
      // The lane is free again once the other hash is done.
      if (!(outcome instanceof Overloaded)) {
        expect(outcome).toMatchObject({ kind: "authenticated" });
      }
    }
    await busy;
    expect((await authenticate(email, password, address, at(1), cause)).kind).toBe("authenticated");
  });

  it("P1: makes the hash anew at sign-in when the parameters have risen", async () => {
    const { id, email } = await aPerson();
    const stronger = { memoryCost: 128, timeCost: 2, parallelism: 1 };
    const { authenticate } = aReplica(here, { parameters: stronger });
    await authenticate(email, password, aPlace(), at(1), cause);
    expect((await here.accounts.find(id))?.passwordHash).toContain("m=128,t=2,p=1");
    expect((await authenticate(email, password, aPlace(), at(2), cause)).kind).toBe(
      "authenticated",
    );
  });
});
