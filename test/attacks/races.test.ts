// Many at once, over real HTTP, on two instances that share one database: whatever may happen once
// happens once, and nobody pays for a race that they did not start. (On PGlite, which is one process
// only, both instances share its one handle.)
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { throttlePolicies } from "../../idp/records/accounts/throttle-policy.ts";
import {
  aClient,
  authorizeUrl,
  CALLBACK,
  signedIn,
  told,
  VERIFIER,
} from "../idp/endpoints/authorize/arranging.ts";
import { times } from "../idp/records/a-world.ts";
import { until } from "../support/a-house.ts";
import { type Answer, aVisitor, type Visitor } from "../support/a-visitor.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../support/an-idp.ts";
import { anOperator } from "../support/an-operator.ts";
import { openTwoHandles } from "../support/databases.ts";
import { localFetch } from "../support/local-fetch.ts";
import { movableClock } from "../support/movable-clock.ts";

const clock = movableClock();
let instances: readonly [TestIdp, TestIdp];
let alice: Person;
let bank: Awaited<ReturnType<typeof aClient>>;

beforeAll(async () => {
  const [one, other] = await openTwoHandles();
  // Loopback stands for the balancer: it says where a request came from.
  const environment = { TRUSTED_PROXIES: "127.0.0.1/32" };
  const first = await anIdp({ database: one, clock, environment });
  const second = await anIdp({
    database: other,
    clock,
    environment: { ...environment, ISSUER: first.issuer },
  });
  instances = [first, second];
  alice = await aPerson(first);
  bank = await aClient(first, "bank");
});
afterAll(() => Promise.all(instances.map((instance) => instance.close())));

const instance = (index: number) => (index % 2 === 0 ? instances[0] : instances[1]);
/** An address of the issuer, asked of one instance: what a balancer without sticky sessions does. */
const at = (index: number, url: string) =>
  url.replace(instances[0].issuer, `http://127.0.0.1:${instance(index).config.port}`);
const cookiesOf = ({ cookies }: Visitor) => ({
  Cookie: [...cookies].map(([name, value]) => `${name.split(" ")[1]}=${value}`).join("; "),
});
const orm = () => instances[0].database.orm;
const issuer = () => instances[0].issuer;

interface TokenAnswer {
  readonly status: number;
  readonly error: string | undefined;
  readonly accessToken: string;
  readonly refreshToken: string;
}

async function token(index: number, fields: Record<string, string>): Promise<TokenAnswer> {
  const answer = await localFetch(at(index, `${issuer()}/token`), {
    method: "POST",
    headers: { Authorization: `Basic ${btoa(`${bank.id}:${bank.secret}`)}` },
    body: new URLSearchParams(fields),
  });
  const body: unknown = await answer.json();
  const { error, access_token, refresh_token } = body as Record<string, string | undefined>;
  const [accessToken, refreshToken] = [access_token ?? "", refresh_token ?? ""];
  return { status: answer.status, error, accessToken, refreshToken };
}

const redeem = (index: number, code = "") =>
  token(index, {
    grant_type: "authorization_code",
    code,
    redirect_uri: CALLBACK,
    code_verifier: VERIFIER,
  });

const refresh = (index: number, refreshToken: string) =>
  token(index, { grant_type: "refresh_token", refresh_token: refreshToken });

const invalidGrant = expect.objectContaining({ status: 400, error: "invalid_grant" });

/** Alice, signed in, with a code for the bank. */
async function aCode() {
  const visitor = aVisitor();
  const { code } = told(await signedIn(visitor, instances[0], bank, alice));
  return { visitor, code };
}

async function aFamily() {
  const { visitor, code } = await aCode();
  const redeemed = await redeem(0, code);
  expect(redeemed.status).toBe(200);
  return { visitor, ...redeemed };
}

const userinfo = async (index: number, accessToken: string) => {
  const headers = { Authorization: `Bearer ${accessToken}` };
  const answer = await localFetch(at(index, `${issuer()}/userinfo`), { headers });
  await answer.arrayBuffer();
  return answer.status;
};

/** Whether the person still comes back without being asked for anything. */
const isSignedIn = async (visitor: Visitor) =>
  told(await visitor.get(authorizeUrl(instances[0], bank))).code !== undefined;

const grantIdOf = (accessToken: string): string => {
  const [, payload = ""] = accessToken.split(".");
  return JSON.parse(Buffer.from(payload, "base64url").toString()).grant_id;
};

const audited = async (kind: string, grantId: string) =>
  orm().auditEvent.count({ where: { kind, grantId } });

describe("one code", () => {
  it("E1, E2: of 50 parallel redemptions one succeeds, and what it got is then revoked", async () => {
    const { visitor, code } = await aCode();
    const answers = await times(50, (index) => redeem(index, code));
    const [won, ...more] = answers.filter(({ status }) => status === 200);
    expect(more).toEqual([]);
    expect(answers.filter((answer) => answer !== won)).toEqual(
      Array.from({ length: 49 }, () => invalidGrant),
    );

    // 49 replays by the code's own client, with all that the code is bound to: two parties hold it.
    const { accessToken, refreshToken } = won ?? { accessToken: "", refreshToken: "" };
    const grantId = grantIdOf(accessToken);
    expect(await orm().refreshToken.count({ where: { grantId } })).toBe(1);
    expect(await orm().grant.findUnique({ where: { id: grantId } })).toMatchObject({
      revokedAt: clock.now(),
    });
    expect(await audited("code.replayed", grantId)).toBe(1);
    for (const index of [0, 1]) {
      expect(await refresh(index, refreshToken)).toEqual(invalidGrant);
      expect(await userinfo(index, accessToken)).toBe(401);
    }
    expect(await isSignedIn(visitor)).toBe(true);
  });
});

describe("one refresh token", () => {
  it("E6: of 50 parallel refreshes all get the same successor, and nobody is locked out", async () => {
    const { visitor, refreshToken, accessToken } = await aFamily();
    const answers = await times(50, (index) => refresh(index, refreshToken));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const successors = new Set(answers.map((answer) => answer.refreshToken));
    expect(successors.size).toBe(1);
    const grantId = grantIdOf(accessToken);
    expect(await orm().refreshToken.count({ where: { grantId, usedAt: null } })).toBe(1);
    expect(await orm().refreshToken.count({ where: { grantId } })).toBe(2);

    const [successor = ""] = successors;
    expect((await refresh(1, successor)).status).toBe(200);
    expect(await isSignedIn(visitor)).toBe(true);
  });

  it.each([0, 1, 2])(
    "E5: 50 parallel replays of generation %i end the grant, once, and not the session",
    async (replayed) => {
      const { visitor, refreshToken, accessToken } = await aFamily();
      const generations = [refreshToken];
      for (let index = 0; index < 4; index += 1) {
        const next = await refresh(index, generations[index] ?? "");
        expect(next.status).toBe(200);
        generations.push(next.refreshToken);
      }
      const answers = await times(50, (index) => refresh(index, generations[replayed] ?? ""));
      expect(answers).toEqual(Array.from({ length: 50 }, () => invalidGrant));
      for (const [index, generation] of generations.entries()) {
        expect(await refresh(index, generation)).toEqual(invalidGrant);
      }
      expect(await userinfo(1, accessToken)).toBe(401);
      expect(await audited("refresh.reused", grantIdOf(accessToken))).toBe(1);
      expect(await isSignedIn(visitor)).toBe(true);
    },
  );
});

describe("one password", () => {
  const guesses = 200;
  const hashed = () => instances.reduce((sum, { known }) => sum + known.hasher.count, 0);

  /** The status of each of many wrong passwords, sent in one moment. */
  async function guess(person: Person, addressOf: (index: number) => string) {
    const stranger = aVisitor();
    const page = await stranger.follow(authorizeUrl(instances[0], bank));
    const [form] = page.forms;
    if (!form) throw new Error("no form");
    const answers: Answer[] = await times(guesses, (index) =>
      aVisitor().post(
        at(index, form.action),
        { ...form.fields, email: person.email, password: `a wrong password ${index}` },
        { ...cookiesOf(stranger), "X-Forwarded-For": addressOf(index) },
      ),
    );
    const count = (status: number) => answers.filter((answer) => answer.status === status).length;
    return { refused: count(403), throttled: count(429), busy: count(503) };
  }

  it.each([
    ["one place", "bruno", () => "203.0.113.9", throttlePolicies.nameAtAddress.free],
    [
      "one IPv6 network",
      "carla",
      (n: number) => `2001:db8::${n}`,
      throttlePolicies.nameAtAddress.free,
    ],
    ["200 places", "dora", (n: number) => `198.51.100.${n}`, throttlePolicies.name.free],
  ] as const)(
    "P7: of 200 parallel guesses from %s only as many as are permitted are hashed",
    async (_places, name, addressOf, permitted) => {
      const person = await aPerson(instances[0], { email: `${name}@example.test` });
      await signedIn(aVisitor(), instances[0], bank, person);
      const before = hashed();
      const { refused, throttled, busy } = await guess(person, addressOf);
      expect(refused).toBe(hashed() - before);
      expect(refused).toBeLessThanOrEqual(permitted);
      // Whoever finds the hashing lane full has not guessed, and is not counted.
      expect(refused + busy).toBeGreaterThanOrEqual(permitted);
      expect(refused + throttled + busy).toBe(guesses);

      // Where they have signed in before, strangers elsewhere do not keep the person out.
      const page = await signedIn(aVisitor(), instances[0], bank, person);
      expect(told(page).code).toBeDefined();
    },
  );
});

describe("one session", () => {
  it.each([0, 1])(
    "S5: 50 parallel rows of authorizations, while instance %i ends it, leave nothing that works",
    async (ending) => {
      const { visitor } = await aCode();
      const { id: accountId } = alice.account;
      const end = anOperator({ issuer: at(ending, issuer()) });
      const cookies = cookiesOf(visitor);

      /** Codes, one after the other, for as long as the session gives any. */
      async function codesUntilTheEnd(index: number): Promise<string[]> {
        const codes: string[] = [];
        for (;;) {
          const url = at(index + codes.length, authorizeUrl(instances[0], bank));
          const answer = await aVisitor().get(url, cookies);
          const { code } = told(answer);
          if (code === undefined) {
            expect(answer.location).toMatch(/\/(sign-in|authorize)\/[^/?]+$/);
            return codes;
          }
          codes.push(code);
        }
      }
      const [ended, ...rows] = await Promise.all([
        end("POST", "/sessions/end", { account: alice.email, reason: "a race" }),
        ...Array.from({ length: 50 }, (_, index) => codesUntilTheEnd(index)),
      ]);

      expect(ended.status).toBe(200);
      const codes = rows.flat();
      const redeemed = await Promise.all(codes.map((code, index) => redeem(index, code)));
      expect(redeemed).toEqual(codes.map(() => invalidGrant));
      expect(await orm().grant.count({ where: { accountId, revokedAt: null } })).toBe(0);
      const again = await visitor.get(authorizeUrl(instances[0], bank));
      expect(again.location).toMatch(/\/sign-in\//);
    },
  );
});

describe("one key set", () => {
  it.each([20, 50])(
    "K5: of %i parallel rotations through the admin API one wins, and there is always a key",
    async (count) => {
      clock.advance(instances[0].config.keys.leadSeconds);
      for (const { known } of instances) await known.keys.poll();
      const jwks = async (index: number) => {
        const answer = await localFetch(at(index, `${issuer()}/jwks`));
        const { keys } = (await answer.json()) as { keys: { kid: string }[] };
        return keys.map(({ kid }) => kid);
      };
      const keysBefore = await orm().signingKey.count();
      const [answers, published] = await Promise.all([
        times(count, (index) =>
          anOperator({ issuer: at(index, issuer()) })("POST", "/keys/rotate", {}),
        ),
        times(20, jwks),
      ]);

      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 409)).toHaveLength(count - 1);
      for (const kids of published) expect(kids.length).toBeGreaterThanOrEqual(2);
      expect(await orm().signingKey.count()).toBe(keysBefore + 1);
      for (const state of ["active", "pending"] as const) {
        expect(await orm().signingKey.count({ where: { state } })).toBe(1);
      }
      for (const { known } of instances) await known.keys.poll();
      expect(await jwks(1)).toEqual(await jwks(0));
      const { code } = await aCode();
      expect((await redeem(1, code)).status).toBe(200);
    },
    120_000,
  );
});

describe("a restart", () => {
  it("E7: forgets no use of a code or a refresh token, and signs nobody out", async () => {
    const { visitor, code } = await aCode();
    const spent = await redeem(0, code);
    const family = await aFamily();
    const second = await refresh(1, family.refreshToken);
    await refresh(0, second.refreshToken);
    const waiting = await aCode();

    const [{ database, config }, other] = instances;
    await instances[0].close();
    const restarted = await anIdp({
      database,
      clock,
      port: config.port,
      environment: { TRUSTED_PROXIES: "127.0.0.1/32" },
    });
    instances = [restarted, other];
    // By its first answer, what is left of the connections to the old process has been noticed.
    await until(async () => {
      const ready = await localFetch(`${issuer()}/health/ready`).catch(() => undefined);
      return ready?.ok === true;
    });

    expect((await redeem(0, waiting.code)).status).toBe(200);
    expect(await redeem(0, waiting.code)).toEqual(invalidGrant);
    expect(await redeem(0, code)).toEqual(invalidGrant);
    expect(await refresh(1, spent.refreshToken)).toEqual(invalidGrant);
    expect(await refresh(0, family.refreshToken)).toEqual(invalidGrant);
    expect(await userinfo(1, second.accessToken)).toBe(401);
    expect(await isSignedIn(visitor)).toBe(true);
  });
});
