import { beforeEach, describe, expect, it } from "vitest";
import { type KeySeal, KeySealUnavailable, keySeal } from "../../keys/key-seal.ts";
import { newSigningKey } from "../../keys/signing-key.ts";
import { type SpareKeys, spareKeys } from "../../keys/spare-keys.ts";
import { openTestDatabase } from "../support/databases.ts";
import { movableClock } from "../support/movable-clock.ts";
import { aKek, aKeyLifecycle, removeAllKeys } from "./a-key-lifecycle.ts";

const clock = movableClock();
const good = keySeal([aKek()]);

let made: number;
let isAway: boolean;
let warnings: string[];
let spares: SpareKeys;

const orAway = <T>(work: () => Promise<T>): Promise<T> =>
  isAway ? Promise.reject(new KeySealUnavailable("away")) : work();
const seal: KeySeal = {
  sealingId: good.sealingId,
  seal: (key, context) => orAway(() => good.seal(key, context)),
  open: (sealed, context) => orAway(() => good.open(sealed, context)),
};

beforeEach(() => {
  made = 0;
  isAway = false;
  warnings = [];
  const make = async (alg: string) => {
    const key = await newSigningKey(alg, { seal, rsaBits: 2048 });
    made += 1;
    return key;
  };
  const logger = {
    info: () => {},
    warn: (_: object, message: string) => void warnings.push(message),
    error: () => {},
  };
  spares = spareKeys(make, { algs: ["ES256", "EdDSA"], seal, clock, logger });
});

const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 10_000, interval: 5 });
const refilled = async (most = 4) => {
  const before = made;
  spares.refill();
  await eventually(() => made).toBe(before + most);
};

describe("a spare key", () => {
  it("is made ahead of its time: two for every algorithm, and no third one beside them", async () => {
    await refilled();
    spares.refill();
    spares.refill();
    for (const alg of ["ES256", "EdDSA", "ES256", "EdDSA"])
      expect((await spares.take(alg)).alg).toBe(alg);
    expect(made).toBe(4);
  });

  it("is taken once: of several who want one at the same time, the others get fresh ones", async () => {
    await refilled();
    const taken = await Promise.all(Array.from({ length: 5 }, () => spares.take("ES256")));
    expect(new Set(taken.map(({ kid }) => kid)).size).toBe(5);
    expect(made).toBe(4 + 3);
  });

  it("is made when somebody wants it and there is none", async () => {
    expect((await spares.take("ES256")).alg).toBe("ES256");
    expect(made).toBe(1);
  });

  it("K7: is not given away while it does not open, and is not lost", async () => {
    await refilled();
    isAway = true;
    await expect(spares.take("ES256")).rejects.toThrow(KeySealUnavailable);
    isAway = false;
    await spares.take("ES256");
    expect(made).toBe(4);
  });

  it("is tried for again after a minute when it could not be made", async () => {
    isAway = true;
    spares.refill();
    await eventually(() => warnings).toEqual(["could not make a spare signing key"]);
    isAway = false;
    clock.advance(59);
    spares.refill();
    clock.advance(1);
    await refilled();
    expect(warnings).toHaveLength(1);
  });
});

describe("throwing a key out with spares at hand (K4)", () => {
  it("publishes the spare one: nobody waits for a key to be made", async () => {
    const database = await openTestDatabase();
    await removeAllKeys(database);
    const kids: string[] = [];
    const kek = aKek();
    const watched: typeof kek = {
      ...kek,
      seal: (key, context) => {
        kids.push(context.kid);
        return kek.seal(key, context);
      },
    };
    const keys = aKeyLifecycle(database, clock, { keks: [watched], pollSeconds: 0.02 });
    await keys.start();
    // The first two, and the spare ones.
    await eventually(() => kids.length).toBe(4);
    const [, , spare] = kids;
    const result = await keys.revoke({
      kid: keys.ring.activeKid,
      cause: { actor: "test", reason: "stolen" },
      alongside: async () => {},
    });
    expect(result).toMatchObject({ kind: "revoked", published: spare });
    await eventually(() => kids.length).toBe(5);
    await keys.stop();
  });
});
