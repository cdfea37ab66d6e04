// Whoever guesses passwords would like to come from everywhere at once. X-Forwarded-For is a place
// only where a proxy of ours wrote it (H4).
import { beforeAll, describe, expect, it } from "vitest";
import { aClient, authorizeUrl } from "../idp/endpoints/authorize/arranging.ts";
import { aVisitor } from "../support/a-visitor.ts";
import { anIdp, type TestIdp } from "../support/an-idp.ts";

let alone: TestIdp;
let behindProxy: TestIdp;
let number = 0;

beforeAll(async () => {
  alone = await anIdp();
  behindProxy = await anIdp({ environment: { TRUSTED_PROXIES: "127.0.0.1" } });
  for (const idp of [alone, behindProxy]) await aClient(idp, "bank");
  return () => Promise.all([alone.close(), behindProxy.close()]);
});

/** What the last of a dozen guesses at one name is answered, each said to be from elsewhere. */
async function lastGuess(idp: TestIdp, places: (guess: number) => string): Promise<number> {
  number += 1;
  const visitor = aVisitor();
  const page = await visitor.follow(authorizeUrl(idp, { id: "bank" }));
  const [form] = page.forms;
  const fields = { ...form?.fields, email: `name-${number}@example.test`, password: "a guess" };
  let status = 0;
  for (let guess = 0; guess < 12; guess += 1) {
    const said = { "X-Forwarded-For": places(guess) };
    ({ status } = await visitor.post(form?.action ?? "", fields, said));
  }
  return status;
}

type Places = (guess: number) => string;

const cases: [what: string, idp: () => TestIdp, places: Places][] = [
  ["P7, H4: nobody's proxy: the header is not read", () => alone, (n) => `198.51.100.${n}`],
  ["H4: our proxy, but no addresses", () => behindProxy, (n) => `a${n}`],
  [
    "H4: nothing to the right of garbage is believed",
    () => behindProxy,
    (n) => `198.51.100.${n}, a`,
  ],
  [
    "H4: what the guesser wrote before the proxy did is not believed",
    () => behindProxy,
    (n) => `198.51.100.${n}, 203.0.113.7`,
  ],
  [
    "H4: a hundred hops",
    () => behindProxy,
    (n) => [...Array(100).fill(`198.51.100.${n}`), "203.0.113.7"].join(","),
  ],
  [
    "P7, H4: spellings of one address",
    () => behindProxy,
    (n) => (n % 2 ? "::ffff:203.0.113.7" : "203.0.113.7"),
  ],
  ["P7, H4: addresses of one IPv6 network", () => behindProxy, (n) => `2001:db8::${n + 1}`],
];

describe("guessing from many addresses (H4, P7)", () => {
  it.each(cases)("%s", async (_, idp, places) => {
    expect(await lastGuess(idp(), places)).toBe(429);
  });

  it("H4: places that our proxy vouches for are places", async () => {
    expect(await lastGuess(behindProxy, (n) => `192.0.2.${n}`)).toBe(403);
  });
});
