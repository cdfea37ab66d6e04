// Each site turns a bad pass away by itself: the identity provider is not even running.
import { generateKeyPairSync, sign } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aTokenFor } from "../support/a-client.ts";
import { aHouse, type House } from "../support/a-house.ts";
import { localFetch } from "../support/local-fetch.ts";

let house: House;
let good: { bank: string; retirement: string };

beforeAll(async () => {
  house = await aHouse();
  good = {
    bank: await aTokenFor(house, "accounts:read"),
    retirement: await aTokenFor(house, "plan:read", house.retirement),
  };
  // Both sites know the provider's keys before it goes.
  for (const site of sites()) expect((await ask(site)).status).toBe(200);
  await house.stopIdp();
});
afterAll(() => house?.close());

const sites = () => [
  { name: "the bank", api: `${house.bank}/api/accounts`, own: good.bank, foreign: good.retirement },
  {
    name: "the retirement portal",
    api: `${house.retirement}/api/plan`,
    own: good.retirement,
    foreign: good.bank,
  },
];
type SiteUnderTest = ReturnType<typeof sites>[number];

const ask = ({ api, own }: Pick<SiteUnderTest, "api" | "own">, token = own) =>
  localFetch(api, { headers: { Authorization: `Bearer ${token}` } });

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const parts = (token: string) => {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const decode = (text: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(text, "base64url").toString());
  return { header: decode(header), payload: decode(payload), signature };
};

const attacks: Record<string, (site: SiteUnderTest) => string> = {
  "T1: a pass with alg none": ({ own }) => {
    const { header, payload } = parts(own);
    return `${encode({ ...header, alg: "none" })}.${encode(payload)}.`;
  },
  "T1: a pass sealed by somebody else under the same key id": ({ own }) => {
    const { header, payload } = parts(own);
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const input = `${encode(header)}.${encode(payload)}`;
    return `${input}.${sign("sha256", Buffer.from(input), privateKey).toString("base64url")}`;
  },
  "T10: a pass whose words were changed": ({ own }) => {
    const { header, payload, signature } = parts(own);
    return `${encode(header)}.${encode({ ...payload, sub: "somebody-else" })}.${signature}`;
  },
  "T10: a pass with its seal cut short": ({ own }) => own.slice(0, -4),
  "T4: a pass made for the other site": ({ foreign }) => foreign,
};

describe.each(["the bank", "the retirement portal"])("%s, alone", (name) => {
  const site = () => {
    const found = sites().find((one) => one.name === name);
    if (!found) throw new Error(`no site is ${name}`);
    return found;
  };

  it.each(Object.keys(attacks))("refuses %s, with the challenge of RFC 6750", async (attack) => {
    const token = attacks[attack]?.(site());
    const answer = await ask(site(), token);
    expect(answer.status).toBe(401);
    expect(answer.headers.get("WWW-Authenticate")).toMatch(/^Bearer .*error="invalid_token"/);
    expect((await ask(site())).status).toBe(200);
  });
});

describe("a pass that has run out", () => {
  it("T5: is refused by both sites", async () => {
    house.clock.advance(300);
    for (const site of sites()) expect((await ask(site)).status).toBe(401);
  });
});
