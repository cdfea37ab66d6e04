// Two people and one browser: what one of them answered must not count for the other, however the
// session changes hands while a request waits.
import { beforeAll, describe, expect, it } from "vitest";
import {
  aClient,
  authorizeUrl,
  signedIn,
  signIn,
  told,
} from "../idp/endpoints/authorize/arranging.ts";
import { aVisitor, type Visitor } from "../support/a-visitor.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../support/an-idp.ts";

let idp: TestIdp;
let alice: Person;
let bruno: Person;
let bank: Awaited<ReturnType<typeof aClient>>;
let number = 0;

const allow = { decision: "allow" };
const deny = { decision: "deny" };

beforeAll(async () => {
  idp = await anIdp();
  alice = await aPerson(idp);
  bruno = await aPerson(idp, { email: "bruno@example.test", name: "Bruno Keller" });
  bank = await aClient(idp, "bank");
  return () => idp.close();
});

/** A client that both have allowed before, so that only `prompt` makes it ask again. */
async function aStrangerBothKnow() {
  number += 1;
  const client = await aClient(idp, `stranger-${number}`, { firstParty: false });
  for (const person of [alice, bruno]) {
    const visitor = aVisitor();
    const page = await signedIn(visitor, idp, client, person);
    const asked = await visitor.get(page.location ?? "");
    const allowed = await visitor.submit(asked, allow);
    expect(told(await visitor.get(allowed.location ?? "")).code).toBeDefined();
  }
  return client;
}

/** Bruno signs in in another tab of the browser. */
async function brunoTakesOver(visitor: Visitor) {
  const page = await visitor.follow(authorizeUrl(idp, bank, { prompt: "login" }));
  expect(told(await signIn(visitor, page, bruno)).code).toBeDefined();
}

async function aliceAtPage(client: { id: string }, prompt: string) {
  const visitor = aVisitor();
  await signedIn(visitor, idp, bank, alice);
  const page = await visitor.follow(authorizeUrl(idp, client, { prompt }));
  return { visitor, page, id: page.url.split("/").at(-1) };
}

describe("a request that Alice answered and Bruno comes back with", () => {
  it("A8, A10: what Alice allowed under prompt=consent, Bruno is asked himself", async () => {
    const { visitor, page, id } = await aliceAtPage(await aStrangerBothKnow(), "consent");
    const { location } = await visitor.submit(page, allow);
    await brunoTakesOver(visitor);
    const back = await visitor.get(location ?? "");
    expect(back.location).toBe(`${idp.issuer}/consent/${id}`);
    expect((await visitor.get(back.location ?? "")).text).toContain(bruno.email);
  });

  it("A8, A10: what Alice denied does not refuse Bruno", async () => {
    const { visitor, page, id } = await aliceAtPage(await aStrangerBothKnow(), "consent");
    const { location } = await visitor.submit(page, deny);
    await brunoTakesOver(visitor);
    expect((await visitor.get(location ?? "")).location).toBe(`${idp.issuer}/consent/${id}`);
  });

  it("A7, A8: the account Alice chose is not Bruno's choice", async () => {
    const { visitor, page, id } = await aliceAtPage(bank, "select_account");
    const { location } = await visitor.submit(page, { choice: "continue" });
    await brunoTakesOver(visitor);
    expect((await visitor.get(location ?? "")).location).toBe(`${idp.issuer}/choose-account/${id}`);
  });

  it("A8, A10: nor when he signs in on the page's own way for somebody else", async () => {
    const { visitor, page, id } = await aliceAtPage(await aStrangerBothKnow(), "consent");
    await visitor.submit(page, allow);
    const other = await visitor.get(`${idp.issuer}/sign-in/${id}`);
    expect((await signIn(visitor, other, bruno)).location).toBe(`${idp.issuer}/consent/${id}`);
  });

  it("A7: a fresh sign-in of Alice's does not make Bruno's fresh", async () => {
    const { visitor, page, id } = await aliceAtPage(bank, "login");
    const { location } = await visitor.submit(page, {
      email: alice.email,
      password: alice.password,
    });
    await brunoTakesOver(visitor);
    expect((await visitor.get(location ?? "")).location).toBe(`${idp.issuer}/sign-in/${id}`);
  });

  it("A10: a consent page drawn for Alice cannot be sent in as Bruno", async () => {
    const client = await aStrangerBothKnow();
    const { visitor, page, id } = await aliceAtPage(client, "consent");
    await brunoTakesOver(visitor);
    expect((await visitor.submit(page, allow)).status).toBe(403);
    const back = await visitor.get(`${idp.issuer}/authorize/${id}`);
    expect(back.location).toBe(`${idp.issuer}/consent/${id}`);
  });

  it("A8: and Alice's own answers still carry her through, step by step", async () => {
    const client = await aStrangerBothKnow();
    const { visitor, page } = await aliceAtPage(client, "login consent select_account");
    const consent = await visitor.get((await signIn(visitor, page, alice)).location ?? "");
    const allowed = await visitor.submit(consent, allow);
    expect(told(await visitor.get(allowed.location ?? "")).code).toBeDefined();
  });
});
