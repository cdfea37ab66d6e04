// Pushed authorization requests: what the client brings by itself is what the browser gets, once (RFC 9126).
import { beforeAll, describe, expect, it } from "vitest";
import type { Client } from "../../../../idp/records/clients/client.ts";
import { aVisitor } from "../../../support/a-visitor.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../../../support/an-idp.ts";
import { localFetch } from "../../../support/local-fetch.ts";
import {
  API,
  aClient,
  aResource,
  authorizeUrl,
  CALLBACK,
  claimsOf,
  type Parameters,
  parametersFor,
  redeem,
  signedIn,
  told,
  typed,
} from "./arranging.ts";

let idp: TestIdp;
let person: Person;
let bank: Client & { secret: string };
let other: Client & { secret: string };

beforeAll(async () => {
  idp = await anIdp();
  await aResource(idp, API);
  person = await aPerson(idp);
  bank = await aClient(idp, "bank");
  other = await aClient(idp, "other");
  return () => idp.close();
});

type Confidential = Pick<Client, "id"> & { secret: string };
const basic = ({ id, secret }: Confidential) => ({
  Authorization: `Basic ${btoa(`${id}:${secret}`)}`,
});

async function push(
  changed: Parameters = {},
  client: Confidential = bank,
  headers = basic(client),
) {
  const answer = await localFetch(`${idp.issuer}/par`, {
    method: "POST",
    body: parametersFor(client, changed),
    headers,
  });
  const body: Record<string, unknown> = JSON.parse(await answer.text());
  return { status: answer.status, headers: answer.headers, body };
}

const refers = (
  client: Pick<Client, "id">,
  requestUri: unknown,
  more: Record<string, string> = {},
) => {
  const query = { client_id: client.id, request_uri: String(requestUri), ...more };
  return `${idp.issuer}/authorize?${new URLSearchParams(query)}`;
};

async function somebody() {
  const visitor = aVisitor();
  await signedIn(visitor, idp, bank, person);
  return visitor;
}

describe("POST /par (RFC 9126 §2)", () => {
  it("answers 201 with a reference for a minute, which nothing keeps", async () => {
    const { status, headers, body } = await push();
    expect(status).toBe(201);
    expect(body).toEqual({
      request_uri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:sgp_[\w-]{43}$/),
      expires_in: 60,
    });
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("content-type")).toBe("application/json");
  });

  it("leads the browser to what was pushed, and signs the person in as ever", async () => {
    const { body } = await push({ state: "pushed-state", nonce: "pushed-nonce" });
    const visitor = aVisitor();
    const page = await visitor.follow(refers(bank, body.request_uri));
    const submitted = await visitor.submit(page, typed(person));
    const answer = told(await visitor.get(submitted.location ?? ""));
    expect(answer).toMatchObject({ state: "pushed-state", iss: idp.issuer });
    const tokens = await redeem(visitor, idp, bank, answer.code);
    expect(claimsOf(tokens.id_token)).toMatchObject({ nonce: "pushed-nonce" });
  });

  it("A4: what stands in the address beside the reference is not looked at (§4)", async () => {
    const visitor = await somebody();
    const { body } = await push({ scope: "openid", state: "pushed" });
    const more = {
      state: "swapped",
      scope: "openid email",
      redirect_uri: "https://evil.example/",
      prompt: "login",
      code_challenge: "x",
    };
    const answer = await visitor.get(refers(bank, body.request_uri, more));
    expect(answer.location?.startsWith(CALLBACK)).toBe(true);
    expect(told(answer).state).toBe("pushed");
    const tokens = await redeem(visitor, idp, bank, told(answer).code);
    expect(tokens.scope).toBe("openid");
  });

  it("counts once, in one browser, of fifty at the same time", async () => {
    const visitors = await Promise.all(Array.from({ length: 5 }, somebody));
    const { body } = await push();
    const attempts = Array.from({ length: 50 }, (_, n) =>
      visitors[n % 5]?.get(refers(bank, body.request_uri)),
    );
    const statuses = (await Promise.all(attempts)).map((answer) => answer?.status);
    expect(statuses.filter((status) => status === 303)).toHaveLength(1);
    expect(statuses.filter((status) => status === 400)).toHaveLength(49);
  });

  it("a POST from another site brings the reference too (A13)", async () => {
    const { body } = await push();
    const visitor = aVisitor();
    const fields = { client_id: "bank", request_uri: String(body.request_uri) };
    const crossSite = { "Sec-Fetch-Site": "cross-site" };
    const hop = await visitor.post(`${idp.issuer}/authorize`, fields, crossSite);
    expect(hop.status).toBe(303);
    expect((await visitor.follow(hop.location ?? "")).text).toContain("password");
  });

  it("keeps nothing of the reference but its hash, nor of a hint but whom it names (R1)", async () => {
    const { body } = await push();
    const rows = JSON.stringify(await idp.database.orm.pushedRequest.findMany());
    expect(rows).not.toContain(String(body.request_uri).slice(-43));
    expect(rows).not.toContain("secret");
  });
});

describe("a reference that does not count ends on a page, and leads nowhere", () => {
  const gone = async (url: string) => {
    const answer = await (await somebody()).get(url);
    expect({ status: answer.status, location: answer.location }).toEqual({
      status: 400,
      location: undefined,
    });
    expect(answer.text).toContain("Go back to the site");
  };

  it("another client's", async () => {
    const { body } = await push();
    await gone(refers(other, body.request_uri));
    // And it is not spent by that.
    expect((await (await somebody()).get(refers(bank, body.request_uri))).status).toBe(303);
  });

  it("after 60 seconds and not before", async () => {
    const early = await push();
    const late = await push();
    idp.clock.advance(59);
    expect((await aVisitor().get(refers(bank, early.body.request_uri))).status).toBe(303);
    idp.clock.advance(1);
    await gone(refers(bank, late.body.request_uri));
  });

  it("made up, cut, doubled, of another kind, or without its client", async () => {
    const { body } = await push();
    const uri = String(body.request_uri);
    await gone(refers(bank, `${uri.slice(0, -1)}`));
    await gone(refers(bank, `${uri}a`));
    await gone(refers(bank, uri.replace("sgp_", "sgc_")));
    await gone(`${refers(bank, uri)}&request_uri=${encodeURIComponent(uri)}`);
    await gone(`${idp.issuer}/authorize?request_uri=${encodeURIComponent(uri)}`);
  });

  it("of a client that has been disabled, or has given the address up", async () => {
    const { known, clock } = idp;
    const site = await aClient(idp, "moving");
    const { body } = await push({}, site);
    const redirectUris = ["https://elsewhere.example/callback"];
    await known.clientStore.update("moving", { redirectUris }, clock.now(), { actor: "test" });
    known.clients.forget();
    await gone(refers(site, body.request_uri));
  });

  it("a request_uri of somebody's own is refused by its name, and never fetched (F1)", async () => {
    const own = { request_uri: "https://client.example/request.jwt" };
    const answer = await aVisitor().get(authorizeUrl(idp, bank, own));
    expect(told(answer).error).toBe("request_uri_not_supported");
  });
});

describe("what /par refuses, told to the client at once (§2.3)", () => {
  const cases: [string, Parameters, string][] = [
    [
      "a redirect_uri that is not registered",
      { redirect_uri: "https://evil.example/" },
      "invalid_request",
    ],
    ["no redirect_uri", { redirect_uri: undefined }, "invalid_request"],
    ["another response_type", { response_type: "token" }, "unsupported_response_type"],
    ["PKCE with plain", { code_challenge_method: "plain" }, "invalid_request"],
    ["a scope it may not have", { scope: "openid accounts:read transfers:write" }, "invalid_scope"],
    ["an unknown resource", { resource: "https://nobody.example/" }, "invalid_target"],
    ["a request object", { request: "e30.e30." }, "request_not_supported"],
    [
      "a reference to another push",
      { request_uri: "urn:ietf:params:oauth:request_uri:sgp_x" },
      "invalid_request",
    ],
    ["a known parameter twice (A3)", { scope: ["openid", "openid"] }, "invalid_request"],
    ["a value of over 2 KiB (A3)", { state: "a".repeat(2049) }, "invalid_request"],
    ["the client_id of another client", { client_id: "other" }, "invalid_request"],
  ];

  it.each(cases)("%s", async (_what, changed, error) => {
    const { status, headers, body } = await push(changed);
    expect({ status, error: body.error }).toEqual({ status: 400, error });
    expect(headers.get("location")).toBeNull();
    expect(body.error_description).toEqual(expect.any(String));
  });

  it("C1: a client that does not prove who it is", async () => {
    const wrong = await push({}, bank, { Authorization: `Basic ${btoa("bank:sgx_wrong")}` });
    expect({ status: wrong.status, error: wrong.body.error }).toEqual({
      status: 401,
      error: "invalid_client",
    });
    expect((await push({}, bank, { Authorization: "" })).status).toBe(401);
  });

  it("anything but a form in a POST", async () => {
    expect((await localFetch(`${idp.issuer}/par`)).status).toBe(405);
    const json = await localFetch(`${idp.issuer}/par`, {
      method: "POST",
      body: "{}",
      headers: { "Content-Type": "application/json", ...basic(bank) },
    });
    expect(json.status).toBe(400);
  });
});

describe("a client that has to push (RFC 9126 §6)", () => {
  it("is refused what a browser brings, and given what it pushed", async () => {
    const site = await aClient(idp, "pusher", { requirePushedAuthorizationRequests: true });
    const visitor = await somebody();
    const brought = told(await visitor.get(authorizeUrl(idp, site)));
    expect(brought).toMatchObject({ error: "invalid_request", state: "a-state", iss: idp.issuer });
    expect(brought.error_description).toContain("push");
    const { body } = await push({}, site);
    expect(told(await visitor.get(refers(site, body.request_uri))).code).toBeDefined();
  });
});

describe("a public client", () => {
  it("may push by its id alone, with PKCE", async () => {
    const app = await aClient(idp, "app", { tokenEndpointAuthMethod: "none" });
    const { status, body } = await push({}, app, { Authorization: "" });
    expect(status).toBe(201);
    expect(told(await (await somebody()).get(refers(app, body.request_uri))).code).toBeDefined();
    const without = { code_challenge: undefined, code_challenge_method: undefined };
    const refused = await push(without, app, { Authorization: "" });
    expect(refused.body.error).toBe("invalid_request");
  });
});
