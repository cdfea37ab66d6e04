// Keys that rotate again and again while fresh tokens are verified everywhere and people sign in: what
// went wrong meanwhile, if anything (security K2).
import { setTimeout as wait } from "node:timers/promises";
import { createRemoteJWKSet, customFetch, decodeProtectedHeader, jwtVerify } from "jose";
import { signInAt } from "../soak/support/people.ts";
import type { Fleet } from "./a-fleet.ts";
import { anOperator } from "./an-operator.ts";
import { localFetch } from "./local-fetch.ts";

export interface UnderLoad {
  readonly verifications: number;
  readonly signIns: number;
  readonly failures: readonly string[];
  /** Every key that has signed one of the tokens. */
  readonly kids: ReadonlySet<string>;
}

const BETWEEN_TOKENS_MS = 100;
const BETWEEN_SIGN_INS_MS = 2_000;

/** Two lanes of tokens and one of people, for as long as `rotate` and the pauses around it take. */
export async function rotationsUnderLoad(
  fleet: Fleet,
  { rotations, everySeconds }: { rotations: number; everySeconds: number },
): Promise<UnderLoad> {
  const operator = anOperator(fleet);
  const machine = await aMachine(fleet);
  const plainKeys = createRemoteJWKSet(new URL(`${fleet.issuer}/jwks`), {
    [customFetch]: localFetch,
  });
  const failures: string[] = [];
  const kids = new Set<string>();
  let verifications = 0;
  let signIns = 0;
  let isOver = false;
  const began = performance.now();
  const failed = (what: string, why: unknown) =>
    failures.push(`${((performance.now() - began) / 1000).toFixed(1)} s, ${what}: ${why}`);

  async function verifyAt(site: string, api: string, scope: string): Promise<void> {
    const token = await machine.tokenFor(site, scope);
    kids.add(decodeProtectedHeader(token).kid ?? "");
    const answer = await localFetch(`${site}${api}`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    const text = await answer.text();
    verifications += 1;
    if (answer.status !== 200) failed(site, `${answer.status} ${text}`);
    await jwtVerify(token, plainKeys, {
      issuer: fleet.issuer,
      audience: `${site}/api`,
      algorithms: ["RS256"],
      typ: "at+jwt",
    }).catch((error: unknown) => failed("a plain verifier", error));
    verifications += 1;
  }

  async function signIn(): Promise<void> {
    const person = await signInAt(fleet.bank, fleet.alice);
    const elsewhere = await person.follow(fleet.retirement);
    if (elsewhere.status !== 200 || !elsewhere.url.startsWith(fleet.retirement))
      throw new Error(`not signed in there: ${elsewhere.status} ${elsewhere.url}`);
    signIns += 1;
  }

  async function again(what: string, pauseMs: number, work: () => Promise<void>): Promise<void> {
    while (!isOver) {
      await work().catch((error: unknown) => failed(what, error));
      await wait(pauseMs);
    }
  }

  const load = Promise.all([
    again("a token for the bank", BETWEEN_TOKENS_MS, () =>
      verifyAt(fleet.bank, "/api/accounts", "accounts:read"),
    ),
    again("a token for the portal", BETWEEN_TOKENS_MS, () =>
      verifyAt(fleet.retirement, "/api/plan", "plan:read"),
    ),
    again("a sign-in", BETWEEN_SIGN_INS_MS, signIn),
  ]);
  for (let rotation = 0; rotation < rotations; rotation += 1) {
    await wait(everySeconds * 1000);
    const { status, text } = await operator("POST", "/keys/rotate", { reason: "load" });
    if (status !== 200) failed("a rotation", `${status} ${text}`);
  }
  // What the last one changed is used as well.
  await wait(5_000);
  isOver = true;
  await load;
  return { verifications, signIns, failures, kids };
}

/** A program with tokens of its own. */
async function aMachine(fleet: Fleet) {
  const { status, body, text } = await anOperator(fleet)("POST", "/clients", {
    client_name: "A machine",
    grant_types: ["client_credentials"],
    scope: "accounts:read plan:read",
  });
  if (status !== 201) throw new Error(`no client: ${status} ${text}`);
  const credentials = Buffer.from(`${body.client_id}:${body.client_secret}`).toString("base64");
  // The other replica looks for new clients every second.
  await wait(1_500);
  return {
    async tokenFor(site: string, scope: string): Promise<string> {
      const answer = await localFetch(`${fleet.issuer}/token`, {
        method: "POST",
        headers: { Authorization: `Basic ${credentials}` },
        body: new URLSearchParams({
          grant_type: "client_credentials",
          scope,
          resource: `${site}/api`,
        }),
      });
      const answered = await answer.text();
      if (answer.status !== 200) throw new Error(`/token: ${answer.status} ${answered}`);
      return String(JSON.parse(answered).access_token);
    },
  };
}

/**
 * Faster than anybody rotates, and than jose's remote key set asks for keys it does not know, once in 30
 * seconds: it gets through because each answer brings the key that signs and the next one. Tokens are
 * short, so that the former keys make room.
 */
export const SHORTEST = {
  everySeconds: 20,
  settings: {
    KEY_LEAD_SECONDS: "18",
    KEY_CHANGES_PER_DAY: "1000",
    ACCESS_TOKEN_TTL_SECONDS: "15",
    ID_TOKEN_TTL_SECONDS: "15",
  },
} as const;
