// From an ending to the refusal at both sites, at their pages and at their APIs, by the real time: by the status
// list alone, and with the back channel. Two replicas behind a balancer.
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { challengeOf } from "../../idp/protocol/pkce.ts";
import { aFleet, type Fleet } from "../support/a-fleet.ts";
import type { Visitor } from "../support/a-visitor.ts";
import { type ApiAnswer, anOperator } from "../support/an-operator.ts";
import { localFetch } from "../support/local-fetch.ts";
import { count, figure } from "./support/figures.ts";
import { onLanes, signInAt } from "./support/people.ts";

const TRIES = count(100, 2);
/** Ended by one act: they are all looked at at once. */
const TOGETHER = count(5, 2);
const LOOK_EVERY_MS = 100;
const REDIRECT = "https://shop.example/callback";
const VERIFIER = "a-verifier-that-is-long-enough-to-be-one-0123";
const SITES = ["harbour-bank", "evergreen-retirement"];

/** Somebody signed in at both sites, and a program that calls both of their APIs in their name. */
interface SignedIn {
  readonly visitor: Visitor;
  readonly accessTokens: readonly { readonly api: string; readonly token: string }[];
  /** Of the program: the first, which was used, and the one that counts. */
  readonly refreshTokens: readonly [string, string];
}

describe.each([
  { mode: "by the status list", hears: false, lanes: 8, atMost: 16_000 },
  // Who looks shares the processor with all that is looked at.
  { mode: "with the back channel", hears: true, lanes: 4, atMost: 1_000 },
])("taking access back $mode", ({ mode, hears, lanes, atMost }) => {
  let fleet: Fleet;
  let operator: ReturnType<typeof anOperator>;
  let shop: { id: string; secret: string };

  beforeAll(async () => {
    fleet = await aFleet({});
    operator = anOperator(fleet);
    const { body } = await required(
      operator("POST", "/clients", {
        client_name: "Shop",
        redirect_uris: [REDIRECT],
        scope: "openid accounts:read plan:read",
        first_party: true,
      }),
    );
    shop = { id: body.client_id, secret: body.client_secret };
    for (const site of hears ? [] : SITES)
      await required(operator("PATCH", `/clients/${site}`, { backchannel_logout_uri: null }));
    // The other replica looks for changed clients every second.
    await wait(1_500);
  }, 120_000);
  afterAll(() => fleet?.close());

  const apis = () => [`${fleet.bank}/api/accounts`, `${fleet.retirement}/api/plan`];
  const pages = () => [fleet.bank, fleet.retirement];

  async function tokens(fields: Record<string, string>) {
    const answer = await localFetch(`${fleet.issuer}/token`, {
      method: "POST",
      headers: { Authorization: `Basic ${btoa(`${shop.id}:${shop.secret}`)}` },
      body: new URLSearchParams(fields),
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`/token: ${answer.status} ${text}`);
    const { access_token, refresh_token } = JSON.parse(text);
    return { access: String(access_token), refresh: String(refresh_token) };
  }

  async function signedIn(): Promise<SignedIn> {
    const visitor = await signInAt(fleet.bank, fleet.alice);
    await visitor.follow(fleet.retirement);
    const query = new URLSearchParams({
      client_id: shop.id,
      redirect_uri: REDIRECT,
      response_type: "code",
      scope: "openid accounts:read plan:read",
      state: "s",
      code_challenge: challengeOf(VERIFIER),
      code_challenge_method: "S256",
    });
    const [bankApi = "", planApi = ""] = [`${fleet.bank}/api`, `${fleet.retirement}/api`];
    for (const resource of [bankApi, planApi]) query.append("resource", resource);
    const { location = "" } = await visitor.get(`${fleet.issuer}/authorize?${query}`);
    const first = await tokens({
      grant_type: "authorization_code",
      code: new URL(location).searchParams.get("code") ?? "",
      redirect_uri: REDIRECT,
      code_verifier: VERIFIER,
      resource: bankApi,
    });
    const second = await tokens({
      grant_type: "refresh_token",
      refresh_token: first.refresh,
      resource: planApi,
    });
    const [bank = "", plan = ""] = apis();
    return {
      visitor,
      accessTokens: [
        { api: bank, token: first.access },
        { api: plan, token: second.access },
      ],
      refreshTokens: [first.refresh, second.refresh],
    };
  }

  const isLetIn = async (visitor: Visitor, page: string) =>
    (await visitor.get(page)).status === 200;
  async function isAccepted({ api, token }: SignedIn["accessTokens"][number]): Promise<boolean> {
    const answer = await localFetch(api, { headers: { Authorization: `Bearer ${token}` } });
    await answer.arrayBuffer();
    return answer.status === 200;
  }

  /** Milliseconds until each of these is refused. */
  async function untilRefused(
    checks: readonly (() => Promise<boolean>)[],
    end: () => Promise<unknown>,
  ) {
    for (const check of checks) expect(await check()).toBe(true);
    await end();
    const began = performance.now();
    return Promise.all(
      checks.map(async (check) => {
        while (await check()) await wait(LOOK_EVERY_MS);
        return performance.now() - began;
      }),
    );
  }

  const checksOf = ({ visitor, accessTokens }: SignedIn, which: "apis" | "everything") => [
    ...(which === "apis" ? [] : pages().map((page) => () => isLetIn(visitor, page))),
    ...accessTokens.map((token) => () => isAccepted(token)),
  ];

  async function post(path: string, fields: Record<string, string>): Promise<void> {
    const answer = await localFetch(`${fleet.issuer}${path}`, {
      method: "POST",
      headers: { Authorization: `Basic ${btoa(`${shop.id}:${shop.secret}`)}` },
      body: new URLSearchParams(fields),
    });
    await answer.arrayBuffer();
  }

  async function signOut({ visitor }: SignedIn): Promise<void> {
    const home = await visitor.get(fleet.bank);
    const left = await visitor.submit(home, {}, ({ action }) => action.endsWith("/sign-out"));
    await visitor.follow(left.location ?? "");
  }

  const endings: Record<string, (people: SignedIn) => Promise<unknown>> = {
    "a sign-out at the bank": signOut,
    "a token revoked (RFC 7009)": ({ refreshTokens: [, token] }) => post("/revocation", { token }),
    "a stolen refresh token": async ({ refreshTokens: [first, second] }) => {
      await post("/token", { grant_type: "refresh_token", refresh_token: second });
      await post("/token", { grant_type: "refresh_token", refresh_token: first });
    },
  };

  it.each(Object.keys(endings))(`L3: %s, ${TRIES} times`, { timeout: 600_000 }, async (kind) => {
    const end = endings[kind];
    if (!end) throw new Error(kind);
    const endsSession = kind.startsWith("a sign-out");
    // What hangs on a grant alone is no sign-in's end, and no logout token tells of it.
    const limit = endsSession ? atMost : 16_000;
    const samples: number[] = [];
    await onLanes(hears && !endsSession ? 8 : lanes, TRIES, async () => {
      const person = await signedIn();
      const checks = checksOf(person, endsSession ? "everything" : "apis");
      samples.push(...(await untilRefused(checks, () => end(person))));
      // Or what is measured next would end hundreds of sign-ins at once.
      if (!endsSession) await signOut(person);
    });
    figure(
      { id: "L3", what: `${mode}: ${kind}`, unit: "ms", samples },
      { of: "most", atMost: limit },
    );
  });

  const endingsOfAll: Record<string, (people: readonly SignedIn[]) => Promise<unknown>> = {
    "an administrator": () =>
      required(operator("POST", "/sessions/end", { account: fleet.alice.email, reason: "soak" })),
    "the person, who says of another browser that it was not theirs": async ([first]) => {
      const { visitor } = first ?? (await signedIn());
      const { text } = await visitor.get(`${fleet.issuer}/account`);
      const [path] = text.match(/\/account\/sessions\/[\w-]+\/not-me/) ?? [];
      const asked = await visitor.get(`${fleet.issuer}${path}`);
      await visitor.submit(asked, {}, ({ action }) => action.endsWith("/not-me"));
    },
  };

  it.each(Object.keys(endingsOfAll))(
    `L3: %s ends ${TOGETHER} sign-ins at once`,
    {
      timeout: 600_000,
    },
    async (who) => {
      const people: SignedIn[] = [];
      for (let index = 0; index < TOGETHER; index += 1) people.push(await signedIn());
      const checks = people.flatMap((person) => checksOf(person, "everything"));
      const samples = await untilRefused(checks, async () => endingsOfAll[who]?.(people));
      figure(
        { id: "L3", what: `${mode}: all ended by ${who}`, unit: "ms", samples },
        { of: "most", atMost },
      );
    },
  );

  it("L3: a disabled account, pages and APIs", { timeout: 600_000 }, async () => {
    const samples: number[] = [];
    for (let index = 0; index < count(5, 1); index += 1) {
      const person = await signedIn();
      const path = `/accounts/${encodeURIComponent(fleet.alice.email)}`;
      samples.push(
        ...(await untilRefused(checksOf(person, "everything"), () =>
          required(operator("POST", `${path}/disable`, { reason: "soak" })),
        )),
      );
      await required(operator("POST", `${path}/enable`, {}));
    }
    figure(
      { id: "L3", what: `${mode}: a disabled account`, unit: "ms", samples },
      { of: "most", atMost },
    );
  });
});

async function required(asking: Promise<ApiAnswer>): Promise<ApiAnswer> {
  const answer = await asking;
  if (answer.status >= 300) throw new Error(`${answer.status} ${answer.text}`);
  return answer;
}
