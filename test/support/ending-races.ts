// An ending and something being issued in the same moment, on two instances that share one database, over
// real HTTP: whoever comes first, nothing that was issued outlives what it was issued on.
import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";
import { newIdentifier } from "../../idp/records/identifier.ts";
import {
  aClient,
  authorizeUrl,
  CALLBACK,
  signedIn,
  told,
  VERIFIER,
} from "../idp/endpoints/authorize/arranging.ts";
import { aVisitor, type Visitor } from "./a-visitor.ts";
import { anIdp, aPerson, type TestIdp } from "./an-idp.ts";
import { anOperator } from "./an-operator.ts";
import { openTwoHandles } from "./databases.ts";
import { localFetch } from "./local-fetch.ts";
import { movableClock } from "./movable-clock.ts";
import { hasEnded } from "./status-list.ts";

interface Tokens {
  readonly access: string;
  readonly refresh: string;
}

/** What came of one race. */
export interface Outcome {
  /** Whether anything was issued: the ending came second. */
  readonly issued: boolean;
  /** What still counts of it, in words; empty when all is well. */
  readonly outlived: readonly string[];
}

/** By turns either sets out a hair before the other: a millisecond is enough to come first. */
async function atOnce<Issued>(
  index: number,
  issue: () => Promise<Issued>,
  end: () => Promise<unknown>,
): Promise<Issued> {
  const turn = Math.floor(index / 2) % 4;
  if (turn === 0) return (await Promise.all([issue(), end()]))[0];
  const ending = end();
  if (turn === 2) await nextTurn();
  if (turn === 3) await wait(1);
  const [issued] = await Promise.all([issue(), ending]);
  return issued;
}

export type EndingRaces = Awaited<ReturnType<typeof endingRaces>>;

export async function endingRaces() {
  const clock = movableClock();
  const [one, other] = await openTwoHandles();
  const first = await anIdp({ database: one, clock });
  const second = await anIdp({ database: other, clock, environment: { ISSUER: first.issuer } });
  const instances: readonly TestIdp[] = [first, second];
  const bank = await aClient(first, "bank");
  second.known.clients.forget();

  const originOf = (index: number) =>
    `http://127.0.0.1:${instances[index % instances.length]?.config.port}`;
  const at = (index: number, url: string) => url.replace(first.issuer, originOf(index));
  const cookiesOf = ({ cookies }: Visitor) => ({
    Cookie: [...cookies].map(([name, value]) => `${name.split(" ")[1]}=${value}`).join("; "),
  });

  async function post(index: number, path: string, fields: Record<string, string>) {
    const answer = await localFetch(`${originOf(index)}${path}`, {
      method: "POST",
      headers: { Authorization: `Basic ${btoa(`${bank.id}:${bank.secret}`)}` },
      body: new URLSearchParams(fields),
    });
    return { status: answer.status, text: await answer.text() };
  }

  /** @returns undefined when it was refused, as whoever comes too late is */
  async function tokens(
    index: number,
    fields: Record<string, string>,
  ): Promise<Tokens | undefined> {
    const { status, text } = await post(index, "/token", fields);
    const { error, access_token, refresh_token } = JSON.parse(text);
    if (status === 400 && error === "invalid_grant") return undefined;
    if (status !== 200) throw new Error(`/token: ${status} ${text}`);
    return { access: access_token, refresh: refresh_token };
  }
  const redeem = (index: number, code = "") =>
    tokens(index, {
      grant_type: "authorization_code",
      code,
      redirect_uri: CALLBACK,
      code_verifier: VERIFIER,
    });
  const refresh = (index: number, refreshToken: string) =>
    tokens(index, { grant_type: "refresh_token", refresh_token: refreshToken });

  async function userinfo(index: number, accessToken: string): Promise<number> {
    const answer = await localFetch(`${originOf(index)}/userinfo`, {
      headers: { Authorization: `Bearer ${accessToken}` },
    });
    await answer.arrayBuffer();
    return answer.status;
  }

  /** Everything that was ever issued, asked of both instances. */
  async function outlived(issued: readonly (Tokens | undefined)[]): Promise<string[]> {
    const found: string[] = [];
    for (const { access, refresh: next } of issued.filter((each) => each !== undefined)) {
      for (const index of [0, 1]) {
        if (!(await hasEnded(originOf(index), access))) found.push(`no bit at ${index}`);
        if ((await userinfo(index, access)) !== 401) found.push(`an access token at ${index}`);
        if (await refresh(index, next)) found.push(`a refresh token at ${index}`);
      }
    }
    return found;
  }

  /** Somebody new for each race, who has just signed in. */
  async function signedInPerson() {
    const person = await aPerson(first, { email: `${newIdentifier()}@example.test` });
    const visitor = aVisitor();
    const { code } = told(await signedIn(visitor, first, bank, person));
    return { person, visitor, code };
  }

  const endSessions = async (index: number, email: string) => {
    const end = anOperator({ issuer: originOf(index) });
    const { status } = await end("POST", "/sessions/end", { account: email, reason: "a race" });
    if (status !== 200) throw new Error(`sessions/end: ${status}`);
  };

  return {
    /** RFC 7009 for one token, while its refresh token is used. */
    async revokeAgainstRefresh(index: number): Promise<Outcome> {
      const { code } = await signedInPerson();
      const before = await redeem(index, code);
      if (!before) throw new Error("nothing was issued");
      const after = await atOnce(
        index,
        () => refresh(index, before.refresh),
        () => post(index + 1, "/revocation", { token: before.access }),
      );
      return { issued: after !== undefined, outlived: await outlived([before, after]) };
    },

    /** An administrator ends a sign-in, while the code that it gave is redeemed. */
    async endAgainstRedemption(index: number): Promise<Outcome> {
      const { person, code } = await signedInPerson();
      const issued = await atOnce(
        index,
        () => redeem(index, code),
        () => endSessions(index + 1, person.email),
      );
      return { issued: issued !== undefined, outlived: await outlived([issued]) };
    },

    /** A person signs out, while another site is let in without a word. */
    async signOutAgainstAuthorize(index: number): Promise<Outcome> {
      const { visitor, code } = await signedInPerson();
      const answer = await post(index, "/token", {
        grant_type: "authorization_code",
        code: code ?? "",
        redirect_uri: CALLBACK,
        code_verifier: VERIFIER,
      });
      const { access_token: access, refresh_token, id_token: hint } = JSON.parse(answer.text);
      const cookies = cookiesOf(visitor);
      const silent = at(index, authorizeUrl(first, bank));
      const leaving = `${originOf(index + 1)}/logout?${new URLSearchParams({ id_token_hint: hint })}`;
      const authorized = await atOnce(
        index,
        () => aVisitor().get(silent, cookies),
        () => aVisitor().get(leaving, cookies),
      );
      const { code: late } = told(authorized);
      const issued = late === undefined ? undefined : await redeem(index, late);
      const before = { access, refresh: refresh_token };
      const found = await outlived([before, issued]);
      return {
        issued: late !== undefined,
        outlived: issued ? [...found, "a code, after the sign-out was answered"] : found,
      };
    },

    close: () => Promise.all(instances.map((instance) => instance.close())),
  };
}

export const RACES = [
  "revokeAgainstRefresh",
  "endAgainstRedemption",
  "signOutAgainstAuthorize",
] as const satisfies (keyof EndingRaces)[];
