// A site that nobody here wrote: a client library on one side, a person's browser on the other, and
// between them nothing but the provider's public surface.
import { aVisitor, type Visitor } from "../support/a-visitor.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../support/an-idp.ts";
import { openTestDatabase } from "../support/databases.ts";
import { movableClock } from "../support/movable-clock.ts";

export const CALLBACK = "https://site.example/callback";
export const SIGNED_OUT = "https://site.example/signed-out";
export const BANK_API = "http://bank.localhost:4001/api";
export const PORTAL_API = "http://retirement.localhost:4002/api";

export interface World {
  readonly idp: TestIdp;
  readonly alice: Person;
}

/** A provider with a person, and two resources that anybody's client may ask for. */
export async function aWorld(): Promise<World> {
  // The libraries look at this machine's clock.
  const clock = movableClock(new Date());
  const idp = await anIdp({ database: await openTestDatabase(), clock });
  const resources = [
    { identifier: BANK_API, name: "Harbour Bank", scopes: { "accounts:read": "See accounts" } },
    { identifier: PORTAL_API, name: "Evergreen", scopes: { "plan:read": "See your plan" } },
  ];
  for (const resource of resources) {
    const known = { ...resource, public: true };
    await idp.known.clientStore.putResource(known, clock.now(), { actor: "test" });
  }
  idp.known.clients.forget();
  return { idp, alice: await aPerson(idp) };
}

/**
 * What somebody does in a browser from the site's request to the site's callback: signs in if asked,
 * answers the consent page if asked.
 * @returns the address at which the browser comes back to the site
 */
export async function throughTheBrowser(
  request: URL,
  person: Person,
  { visitor = aVisitor(), decision = "allow" }: { visitor?: Visitor; decision?: string } = {},
): Promise<URL> {
  let page = await visitor.follow(request.href, CALLBACK);
  if (page.url.includes("/sign-in/")) {
    const { email, password } = person;
    const { location } = await visitor.submit(page, { email, password });
    page = await visitor.follow(location ?? "", CALLBACK);
  }
  if (page.url.includes("/consent/")) {
    const { location } = await visitor.submit(page, { decision });
    page = await visitor.follow(location ?? "", CALLBACK);
  }
  if (!page.location?.startsWith(CALLBACK)) {
    throw new Error(`the browser stays at ${page.url} (${page.status})`);
  }
  return new URL(page.location);
}
