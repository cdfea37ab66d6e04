// A site somebody else wrote, on an address of its own, and a provider that it reaches by nothing but its
// public surface. Both are on addresses that Node resolves by itself.
import { createServer, type RequestListener } from "node:http";
import { type Answer, aVisitor, type Visitor } from "../support/a-visitor.ts";
import {
  anIdp,
  aPerson,
  type Person,
  REGISTRATION_TOKEN,
  type TestIdp,
} from "../support/an-idp.ts";
import { freePort } from "../support/free-port.ts";
import { localFetch } from "../support/local-fetch.ts";
import { movableClock } from "../support/movable-clock.ts";

export interface TheirWorld {
  readonly idp: TestIdp;
  readonly alice: Person;
  /** Somebody who has allowed nobody anything. */
  readonly bruno: Person;
}

export async function theirWorld(
  environment: Readonly<Record<string, string>> = {},
): Promise<TheirWorld> {
  const port = await freePort();
  // The libraries look at this machine's clock.
  const clock = movableClock(new Date());
  const issuer = `http://127.0.0.1:${port}`;
  const idp = await anIdp({ port, clock, environment: { ISSUER: issuer, ...environment } });
  const bruno = { email: "bruno@example.test", name: "Bruno Keller" };
  return { idp, alice: await aPerson(idp), bruno: await aPerson(idp, bruno) };
}

/** Serves what a site answers; a site may need to know its address before it can be built. */
export async function aSiteOfTheirs(
  build: (baseUrl: string) => RequestListener | Promise<RequestListener>,
) {
  const port = await freePort();
  // Another host name than the provider's: cookies do not know ports.
  const baseUrl = `http://localhost:${port}`;
  const server = createServer(await build(baseUrl));
  await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening));
  return {
    baseUrl,
    close: () => new Promise((closed) => server.close(closed).closeAllConnections()),
  };
}

/** A client that registers itself (RFC 7591). */
export async function register({ idp }: TheirWorld, metadata: object) {
  const answer = await localFetch(`${idp.issuer}/registration`, {
    method: "POST",
    headers: { Authorization: `Bearer ${REGISTRATION_TOKEN}`, "Content-Type": "application/json" },
    body: JSON.stringify(metadata),
  });
  const client: Record<string, unknown> = JSON.parse(await answer.text());
  if (answer.status !== 201) throw new Error(JSON.stringify(client));
  return { clientId: String(client.client_id), clientSecret: String(client.client_secret) };
}

/** Opens a site's address and does whatever the provider's pages ask, until the site answers again. */
export async function visit(
  url: string,
  person: Person,
  { visitor = aVisitor(), decision = "allow" }: { visitor?: Visitor; decision?: string } = {},
): Promise<Answer> {
  return through(visitor, await visitor.follow(url), person, decision);
}

/** From wherever a site has sent the browser. */
export async function through(
  visitor: Visitor,
  page: Answer,
  { email, password }: Person,
  decision = "allow",
): Promise<Answer> {
  const form = page.url.includes("/sign-in/")
    ? { email, password }
    : page.url.includes("/consent/")
      ? { decision }
      : undefined;
  if (!form) return page;
  const { location = "" } = await visitor.submit(page, form);
  return through(visitor, await visitor.follow(location), { email, password } as Person, decision);
}
