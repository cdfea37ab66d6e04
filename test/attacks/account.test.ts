// A person's own pages, attacked by somebody who is signed in as well: other people's ids, tokens of
// other sessions and acts, planted and stolen cookies, and many things at once.
import { beforeAll, describe, expect, it } from "vitest";
import { csrfToken } from "../../idp/http/csrf.ts";
import { newCredential } from "../../idp/protocol/credential.ts";
import { aClient, signedIn, signIn, told } from "../idp/endpoints/authorize/arranging.ts";
import {
  aBrowserOf,
  accountOf,
  act,
  allowsWhileAway,
  CHROME,
  cookiesOf,
  FIREFOX,
  formTo,
  isSignedIn,
  kindsOf,
  refreshes,
  type Site,
  secretOf,
  sessionIds,
  visits,
} from "../idp/pages/account/an-account.ts";
import { times } from "../idp/records/a-world.ts";
import { type Answer, aVisitor, type Visitor } from "../support/a-visitor.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../support/an-idp.ts";

let idp: TestIdp;
let bank: Site;
let ledgerline: Site;
let mallory: Visitor;
let number = 0;
const password = "four words nobody guessed";

beforeAll(async () => {
  idp = await anIdp();
  bank = await aClient(idp, "bank", { name: "Harbour Bank" });
  ledgerline = await aClient(idp, "ledgerline", { name: "Ledgerline", firstParty: false });
  mallory = aBrowserOf(CHROME);
  const person = await aPerson(idp, { email: "mallory@example.test", name: "Mallory" });
  await visits(mallory, idp, bank, person);
  return () => idp.close();
});

async function somebody() {
  number += 1;
  const person = await aPerson(idp, { email: `person-${number}@example.test` });
  const visitor = aBrowserOf(FIREFOX);
  const tokens = await visits(visitor, idp, bank, person);
  const [sessionId = ""] = await sessionIds(idp, person);
  return { person, visitor, tokens, sessionId };
}

/** The same cookies in another browser. */
function copyOf({ cookies }: Visitor): Visitor {
  const copy = aVisitor();
  for (const [name, value] of cookies) copy.cookies.set(name, value);
  return copy;
}

const gist = ({ status, text }: Answer) => [
  status,
  text.replace(/Reference[^<]*|<code>[^<]*<\/code>|<time.*?<\/time>/gs, ""),
];

describe("other people's ids (D2)", () => {
  it("D2: somebody else's session is answered as one that never was, with a token that is right", async () => {
    const { visitor, sessionId } = await somebody();
    for (const what of ["end", "not-me"]) {
      const theirs = await act(mallory, idp, `/account/sessions/${sessionId}/${what}`);
      const nobodys = await act(mallory, idp, `/account/sessions/${"x".repeat(22)}/${what}`);
      expect(theirs.status).toBe(404);
      expect(gist(theirs)).toEqual(gist(nobodys));
    }
    const look = await mallory.get(`${idp.issuer}/account/sessions/${sessionId}/not-me`);
    expect(look.status).toBe(404);
    expect(look.text).not.toContain("Firefox");
    expect(await isSignedIn(visitor, idp)).toBe(true);
    expect(await isSignedIn(mallory, idp)).toBe(true);
  });

  it("D2: an app that is somebody else's is answered as one that never was", async () => {
    const { visitor } = await somebody();
    const { refreshToken } = await allowsWhileAway(visitor, idp, ledgerline);
    const theirs = await act(mallory, idp, "/account/apps/ledgerline/take-back");
    const nobodys = await act(mallory, idp, "/account/apps/no-such-app/take-back");
    expect(theirs.status).toBe(404);
    expect(gist(theirs)).toEqual(gist(nobodys));
    expect(await refreshes(idp, ledgerline, refreshToken)).toBeDefined();
  });

  it("D2: one's own grant at a client takes back nobody else's", async () => {
    const { tokens } = await somebody();
    expect((await act(mallory, idp, "/account/apps/bank/take-back")).status).toBe(303);
    expect(await refreshes(idp, bank, tokens.refreshToken)).toBeDefined();
  });

  it("D2, H6: whom it is about is never taken from the form or the address", async () => {
    const { person, visitor } = await somebody();
    const named = {
      accountId: person.account.id,
      account: person.account.id,
      email: person.email,
      except: "nobody",
    };
    const query = `?${new URLSearchParams(named)}`;
    await act(mallory, idp, "/account/sign-out-elsewhere", named);
    const page = await mallory.get(`${idp.issuer}/account${query}`);
    expect(page.text).toContain("mallory@example.test");
    expect(page.text).not.toContain(person.email);
    expect(await isSignedIn(visitor, idp)).toBe(true);
  });

  it.each(["%00", "%ff", "a%00b", "x".repeat(300), "..%2fbank", "%E2%82%AC"])(
    "H6: %s is no client, and breaks nothing",
    async (id) => {
      const { status } = await mallory.post(`${idp.issuer}/account/apps/${id}/take-back`, {
        csrf: csrfToken(secretOf(mallory) ?? "", `/account/apps/${id}/take-back`),
      });
      expect([403, 404]).toContain(status);
    },
  );

  it.each(["/Account", "/account/", "//account", "/account/Password", "/account/sessions"])(
    "D2: %s is no page",
    async (path) => {
      expect((await mallory.get(`${idp.issuer}${path}`)).status).toBe(404);
    },
  );
});

describe("forms of another session or act (S4)", () => {
  it("S4: a token of another session, of the browser cookie, or of another act is none", async () => {
    const { person, visitor, sessionId } = await somebody();
    const second = aBrowserOf(CHROME);
    await visits(second, idp, bank, person);
    const path = "/account/sign-out-everywhere";
    const tokens = {
      "another person's session": csrfToken(secretOf(mallory) ?? "", path),
      "another session of the same person": csrfToken(secretOf(second) ?? "", path),
      "the browser cookie": csrfToken(secretOf(visitor, "browser") ?? "", path),
      "the device cookie": csrfToken(secretOf(visitor, "device") ?? "", path),
      "another act": csrfToken(secretOf(visitor) ?? "", "/account/sign-out-elsewhere"),
      "another id": csrfToken(secretOf(visitor) ?? "", `/account/sessions/${sessionId}/end`),
      nothing: csrfToken("", path),
    };
    for (const [what, csrf] of Object.entries(tokens)) {
      const { status } = await visitor.post(`${idp.issuer}${path}`, { csrf });
      expect([what, status]).toEqual([what, 403]);
    }
    expect(await sessionIds(idp, person)).toHaveLength(2);
  });

  it("S4: a form drawn before the password was changed is none after", async () => {
    const { person, visitor } = await somebody();
    const page = await accountOf(visitor, idp);
    const current = person.password;
    await act(visitor, idp, "/account/password", { current, password, repeat: password });
    const late = await visitor.submit(page, {}, formTo("/sign-out-everywhere"));
    expect(late.status).toBe(403);
    expect(await isSignedIn(visitor, idp)).toBe(true);
  });

  it("S4: another site can neither look nor act", async () => {
    const { person, visitor } = await somebody();
    const page = await accountOf(visitor, idp);
    for (const form of page.forms) {
      const crossSite = { "Sec-Fetch-Site": "cross-site", Origin: "https://evil.example" };
      expect((await visitor.post(form.action, { ...form.fields }, crossSite)).status).toBe(403);
    }
    expect(page.headers.get("access-control-allow-origin")).toBeNull();
    expect(page.headers.get("x-frame-options")).toBe("DENY");
    expect(await sessionIds(idp, person)).toHaveLength(1);
  });
});

describe("the device cookie (T9)", () => {
  it("T9: opens nothing, in whichever place it stands", async () => {
    const { visitor } = await somebody();
    const device = secretOf(visitor, "device") ?? "";
    expect(device).toMatch(/^sgd_/);
    for (const name of ["session", "browser", "device"]) {
      const thief = aVisitor();
      thief.cookies.set(`id.localhost signet_${name}`, device);
      expect([name, await isSignedIn(thief, idp)]).toEqual([name, false]);
      const link = await thief.get(`${idp.issuer}/set-password/${device}`);
      expect(link.status).toBe(400);
    }
  });

  it("is set by a sign-in that succeeded, for 400 days at most, and by nothing else", async () => {
    const person = await aPerson(idp, { email: "device@example.test" });
    const visitor = aVisitor();
    const page = await visitor.follow(`${idp.issuer}/account`);
    const refused = await visitor.submit(page, { email: person.email, password: "not this one" });
    expect(refused.headers.getSetCookie().join()).not.toContain("device");
    const done = await visitor.submit(page, { email: person.email, password: person.password });
    const line = done.headers.getSetCookie().find((one) => one.includes("device")) ?? "";
    expect(line).toMatch(/^signet_device=sgd_[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Expires=/);
    const [, expires = ""] = /Expires=([^;]+)/.exec(line) ?? [];
    const days = (new Date(expires).getTime() - idp.clock.now().getTime()) / 86_400_000;
    expect(days).toBeLessThanOrEqual(400);
    expect(days).toBeGreaterThan(399);
  });

  it("survives signing out, and one that was planted or made up is only a new device", async () => {
    const { person, visitor } = await somebody();
    const device = secretOf(visitor, "device");
    await act(visitor, idp, "/account/sign-out-everywhere");
    expect(secretOf(visitor, "device")).toBe(device);
    const news = async () =>
      (await kindsOf(idp, person)).filter((kind) => kind === "sign-in.new-device").length;
    await visits(visitor, idp, bank, person);
    expect(await news()).toBe(0);
    for (const made of [newCredential("device"), secretOf(mallory, "device") ?? ""]) {
      const other = aVisitor();
      other.cookies.set("id.localhost signet_device", made);
      await visits(other, idp, bank, person);
    }
    expect(await news()).toBe(2);
  });
});

describe("many at once", () => {
  it("L3: refreshing while everything ends: nothing that was handed out goes on", async () => {
    const { person, visitor, tokens } = await somebody();
    let latest: string | undefined = tokens.refreshToken;
    const refreshing = (async () => {
      const handedOut: string[] = [];
      while (latest !== undefined && handedOut.length < 200) {
        handedOut.push(latest);
        latest = await refreshes(idp, bank, latest);
      }
      return handedOut;
    })();
    await act(visitor, idp, "/account/sign-out-everywhere");
    const handedOut = await refreshing;
    for (const token of handedOut) expect(await refreshes(idp, bank, token)).toBeUndefined();
    const live = { accountId: person.account.id, revokedAt: null };
    expect(await idp.database.orm.grant.count({ where: live })).toBe(0);
  });

  it("20 forms of one page at once do what one does", async () => {
    const { person, visitor } = await somebody();
    await visits(aBrowserOf(CHROME), idp, bank, person);
    const page = await accountOf(visitor, idp);
    const answers = await times(20, () => visitor.submit(page, {}, formTo("/sign-out-elsewhere")));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([303]));
    const ended = (await kindsOf(idp, person)).filter((kind) => kind === "session.ended");
    expect(ended).toHaveLength(1);
    const taken = await times(20, () => visitor.submit(page, {}, formTo("/take-back")));
    expect(new Set(taken.map(({ status }) => status))).toEqual(new Set([303]));
    const withdrawn = (await kindsOf(idp, person)).filter((kind) => kind === "consent.withdrawn");
    expect(withdrawn).toHaveLength(1);
  });

  it("S2: of ten changes of the password at once one counts, and one cookie is left", async () => {
    const { person, visitor } = await somebody();
    const page = await visitor.get(`${idp.issuer}/account/password`);
    const [form] = page.forms;
    const typed = (index: number) => ({
      ...form?.fields,
      current: person.password,
      password: `${password} ${index}`,
      repeat: `${password} ${index}`,
    });
    // Each from a copy of its own, which keeps the cookie that it is given.
    const copies = Array.from({ length: 10 }, () => copyOf(visitor));
    const answers = await times(10, (index) =>
      (copies[index] ?? visitor).post(`${idp.issuer}/account/password`, typed(index)),
    );
    const won = answers.flatMap(({ location }, index) =>
      location?.endsWith("?done=password") ? [index] : [],
    );
    expect(won).toHaveLength(1);
    const stillIn = await Promise.all(copies.map((copy) => isSignedIn(copy, idp)));
    expect(stillIn.flatMap((isIn, index) => (isIn ? [index] : []))).toEqual(won);
    const chosen = { ...person, password: `${password} ${won[0]}` };
    expect(told(await signedIn(aVisitor(), idp, bank, chosen)).code).toBeDefined();
  });

  it("S2: signing in with the old password while it is changed leaves nobody in", async () => {
    const { person, visitor } = await somebody();
    const thieves = await times(8, async () => {
      const thief = aVisitor();
      return { thief, page: await thief.follow(`${idp.issuer}/account`) };
    });
    const current = person.password;
    const [changed, ...stolen] = await Promise.all([
      act(visitor, idp, "/account/password", { current, password, repeat: password }),
      ...thieves.map(({ thief, page }) => signIn(thief, page, person)),
    ]);
    expect(changed.location).toBe(`${idp.issuer}/account?done=password`);
    expect(stolen.every(({ status }) => [303, 403, 503].includes(status))).toBe(true);
    for (const { thief } of thieves) expect(await isSignedIn(thief, idp)).toBe(false);
    expect(await sessionIds(idp, person)).toHaveLength(1);
    expect(await isSignedIn(visitor, idp)).toBe(true);
  });

  it("S2: a change whose session ends meanwhile changes nothing", async () => {
    const { person, visitor, sessionId } = await somebody();
    const stolen = copyOf(visitor);
    const owner = aVisitor();
    await visits(owner, idp, bank, person);
    const current = person.password;
    const [changed] = await Promise.all([
      act(stolen, idp, "/account/password", { current, password, repeat: password }),
      act(owner, idp, `/account/sessions/${sessionId}/end`),
    ]);
    // Either the change was first, and ended the owner's session with all others, or it was nothing.
    const isChanged = changed.location === `${idp.issuer}/account?done=password`;
    const works = async (one: Pick<Person, "email" | "password">) =>
      (await signedIn(aVisitor(), idp, bank, one)).status === 303;
    expect(await works({ ...person, password })).toBe(isChanged);
    expect(await works(person)).toBe(!isChanged);
  });

  it("cookies of a page are those of one request: none of them is in an address", async () => {
    const { visitor } = await somebody();
    const page = await accountOf(visitor, idp);
    const addresses = [...page.text.matchAll(/(?:href|action)="([^"]*)"/g)].map(([, to]) => to);
    const { Cookie } = cookiesOf(visitor);
    for (const secret of Cookie.split("; ").map((pair) => pair.split("=")[1] ?? "")) {
      expect(addresses.join(" ")).not.toContain(secret);
      expect(page.text).not.toContain(secret);
    }
  });
});
