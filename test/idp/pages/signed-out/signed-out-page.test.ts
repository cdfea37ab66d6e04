// The receipt of a sign-out, as the person sees it fill in.
import type { ServerResponse } from "node:http";
import { beforeAll, describe, expect, it } from "vitest";
import type { NewClient } from "../../../../idp/records/clients/client.ts";
import { newIdentifier } from "../../../../idp/records/identifier.ts";
import { aVisitor, type Visitor } from "../../../support/a-visitor.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../../../support/an-idp.ts";
import {
  aClient,
  authorizeUrl,
  CALLBACK,
  redeem,
  signedIn,
  told,
} from "../../endpoints/authorize/arranging.ts";
import { aServer } from "../../sending/a-server.ts";

let idp: TestIdp;
let alice: Person;
beforeAll(async () => {
  idp = await anIdp({ environment: { OUTBOUND_ALLOW: "127.0.0.0/8" } });
  alice = await aPerson(idp);
  return () => idp.close();
});

type Answering = (response: ServerResponse) => void;
const ok: Answering = (response) => response.writeHead(200).end();

const aSite = (name: string, given: Partial<NewClient> = {}) =>
  aClient(idp, newIdentifier(), { name, ...given });

async function listening(answering: { now: Answering }) {
  const { port } = await aServer((_request, response) => answering.now(response));
  return { backchannelLogoutUri: `http://127.0.0.1:${port}/logout` };
}

type Site = Awaited<ReturnType<typeof aSite>>;

/** Signs out at Signet after having been at these sites, the first of which asks with its pass. */
async function signOut(
  visitor: Visitor,
  sites: readonly Site[],
  query: Record<string, string> = {},
) {
  const [first] = sites;
  if (!first) throw new Error("no site");
  const { code } = told(await signedIn(visitor, idp, first, alice));
  const { id_token } = await redeem(visitor, idp, first, code);
  for (const site of sites.slice(1)) {
    // The receipt names them in the order of the visits.
    idp.clock.advance(1);
    const answer = told(await visitor.get(authorizeUrl(idp, site)));
    await redeem(visitor, idp, site, answer.code ?? "");
  }
  const parameters = new URLSearchParams({ id_token_hint: String(id_token), ...query });
  return visitor.get(`${idp.issuer}/logout?${parameters}`);
}

async function sendNow(): Promise<void> {
  idp.known.sender.wake();
  await idp.known.sender.stop();
}

const rows = (text: string) =>
  [...text.matchAll(/<h2>([^<]*) <span class="state[^"]*">([^<]*)</g)].map(([, site, state]) => [
    site,
    state,
  ]);

describe("the receipt of a sign-out", () => {
  it("says of each site what it has heard, and fills in by itself", async () => {
    const evergreens: { now: Answering } = { now: (response) => response.writeHead(500).end() };
    const bank = await aSite("The bank", await listening({ now: ok }));
    const evergreen = await aSite("The plan", await listening(evergreens));
    const deaf = await aSite("A deaf site");
    const visitor = aVisitor();
    const { location = "" } = await signOut(visitor, [bank, evergreen, deaf]);
    await sendNow();

    const page = await visitor.get(location);
    expect(rows(page.text)).toEqual([
      ["Signet", "Signed out"],
      ["The bank", "Signed out"],
      ["The plan", "Not reachable yet"],
      ["A deaf site", "Ending"],
    ]);
    expect(page.text).toContain("It ended your visit before it sent you here.");
    expect(page.text).toMatch(/did not answer as it should, once so far\. We try again at \d\d:/);
    expect(page.text).toMatch(/what it still holds ends by <time[^>]*>\d\d:\d\d:\d\d<\/time> UTC/);
    expect(page.headers.get("refresh")).toMatch(/^2; url=\/signed-out\?receipt=[\w-]+&again=1$/);
    expect(page.text).toContain("Check again");

    evergreens.now = ok;
    idp.clock.advance(2);
    await sendNow();
    const filled = await visitor.get(`${location}&again=1`);
    expect(rows(filled.text)[2]).toEqual(["The plan", "Signed out"]);
    expect(filled.text).toMatch(/It confirmed at <time/);
    expect(filled.headers.get("refresh")).toBeNull();
    expect(filled.text).not.toContain("Check again");
  });

  it("looks less often after a minute, and says when a site was never reached", async () => {
    const never = await listening({ now: (response) => void response.destroy() });
    const [bank, silent] = [await aSite("The bank"), await aSite("A silent site", never)];
    const visitor = aVisitor();
    const { location = "" } = await signOut(visitor, [bank, silent]);
    await sendNow();
    idp.clock.advance(61);
    const later = await visitor.get(location);
    expect(later.headers.get("refresh")).toMatch(/^15; /);
    // Longer than a receipt is kept is longer than anybody looks.
    expect(rows(later.text)[2]).toEqual(["A silent site", "Not reachable yet"]);
  });

  it("is nobody else's, and is no secret in the address", async () => {
    const visitor = aVisitor();
    const { location = "" } = await signOut(visitor, [await aSite("The bank")]);
    const page = await aVisitor().get(location);
    expect(page.text).toContain("You were not signed in");
    expect(page.text).not.toContain("The bank");
  });

  it("a sign-out that goes on to a site does so at once, when nobody hears in browsers", async () => {
    const bank = await aSite("The bank", await listening({ now: ok }));
    const bye = "https://bank.example/bye";
    const answer = await signOut(aVisitor(), [bank], { post_logout_redirect_uri: bye, state: "s" });
    expect(answer.location).toBe(`${bye}?state=s`);
  });
});

describe("front-channel logout (OIDC Front-Channel Logout 1.0)", () => {
  const { origin } = new URL(CALLBACK);
  const frontchannelLogoutUri = `${origin}/logged-out?a=b`;
  const framesIn = (text: string) =>
    [...text.matchAll(/<iframe src="([^"]*)"/g)].map(([, src]) =>
      src?.replaceAll("&#38;", "&").replaceAll("&amp;", "&"),
    );

  it("loads the site's page unseen, once, with iss and sid where the site wants them", async () => {
    const plain = await aSite("Plain", { frontchannelLogoutUri });
    const named = await aSite("Named", {
      frontchannelLogoutUri,
      frontchannelLogoutSessionRequired: true,
    });
    const visitor = aVisitor();
    const { location = "" } = await signOut(visitor, [await aSite("The bank"), plain, named]);
    const page = await visitor.get(location);
    const [first, second = ""] = framesIn(page.text);
    expect(first).toBe(frontchannelLogoutUri);
    const query = new URL(second).searchParams;
    expect([query.get("a"), query.get("iss"), query.get("sid")]).toEqual([
      "b",
      idp.issuer,
      expect.stringMatching(/^[\w-]{16,}$/),
    ]);
    expect(page.headers.get("content-security-policy")).toContain(`frame-src ${origin};`);
    expect(rows(page.text)[2]).toEqual(["Plain", "Asked in this browser"]);

    const again = await visitor.get(`${location}&again=1`);
    expect(framesIn(again.text)).toEqual([]);
    expect(again.headers.get("content-security-policy")).not.toContain("frame-src");
  });

  it("comes before the person is sent on", async () => {
    const site = await aSite("In browsers", { frontchannelLogoutUri });
    const visitor = aVisitor();
    const bye = "https://bank.example/bye";
    const query = { post_logout_redirect_uri: bye, state: "s" };
    const { location = "" } = await signOut(visitor, [site], query);
    expect(location).toMatch(`${idp.issuer}/signed-out?receipt=`);
    const page = await visitor.get(location);
    expect(framesIn(page.text)).toHaveLength(1);
    expect(page.headers.get("refresh")).toBe(`3; url=${bye}?state=s`);
    expect(page.text).toContain(`href="${bye}?state=s"`);
  });
});
