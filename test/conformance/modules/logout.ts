// RP-Initiated, Back-Channel and Front-Channel Logout OP.
import { decodeJwt, decodeProtectedHeader } from "jose";
import { expect } from "vitest";
import { eventually } from "../../idp/sending/a-kit.ts";
import { aServer, bodyOf } from "../../idp/sending/a-server.ts";
import type { Answer } from "../../support/a-visitor.ts";
import { anIdp } from "../../support/an-idp.ts";
import { type Landed, SIGNED_OUT, type SignedIn, type Suite } from "../the-suite.ts";
import type { Modules } from "./modules.ts";

const PASSED = "passed" as const;

type Fields = Readonly<Record<string, string>>;

/** Sends a signed-in browser to the end session endpoint, until it has to be answered or is sent on. */
async function leave(suite: Suite, { visitor }: Landed, fields: Fields): Promise<Answer> {
  const url = `${suite.discovery.end_session_endpoint}?${new URLSearchParams(fields)}`;
  return visitor.follow(url, SIGNED_OUT);
}

const isSignedIn = async (suite: Suite, { visitor }: Landed): Promise<boolean> => {
  const client = await suite.register();
  const { told } = await suite.visit(client, { prompt: "none" }, { visitor });
  return told?.error !== "login_required";
};

const signedIn = async (suite: Suite): Promise<SignedIn> => suite.signIn(await suite.register());

const hintOf = ({ tokens }: SignedIn) => String(tokens.id_token);

/** The person is asked, nobody is sent anywhere, and nobody has been signed out by the question. */
async function asksThePerson(suite: Suite, landed: SignedIn, fields: Fields) {
  const page = await leave(suite, landed, fields);
  expect(page.location?.startsWith(SIGNED_OUT) ?? false).toBe(false);
  expect(await isSignedIn(suite, landed)).toBe(true);
  return page;
}

async function advertises({ discovery }: Suite, ...members: string[]) {
  expect(discovery.end_session_endpoint).toEqual(expect.any(String));
  for (const member of members) expect(discovery[member], member).toBe(true);
  return PASSED;
}

export const rpInitiatedLogout: Modules = {
  "oidcc-rp-initiated-logout-discovery-endpoint-verification": (suite) => advertises(suite),
  async "oidcc-rp-initiated-logout"(suite) {
    const landed = await signedIn(suite);
    const page = await leave(suite, landed, {
      id_token_hint: hintOf(landed),
      post_logout_redirect_uri: SIGNED_OUT,
      state: "a-state",
    });
    expect(page.location).toBe(`${SIGNED_OUT}?state=a-state`);
    expect(await isSignedIn(suite, landed)).toBe(false);
    return PASSED;
  },
  async "oidcc-rp-initiated-logout-bad-post-logout-redirect-uri"(suite) {
    const landed = await signedIn(suite);
    const page = await asksThePerson(suite, landed, {
      id_token_hint: hintOf(landed),
      post_logout_redirect_uri: "https://elsewhere.example/",
      state: "a-state",
    });
    expect(page.status).toBe(400);
    return PASSED;
  },
  async "oidcc-rp-initiated-logout-modified-id-token-hint"(suite) {
    const landed = await signedIn(suite);
    const [header, payload, signature = ""] = hintOf(landed).split(".");
    const broken = [header, payload, [...signature].reverse().join("")].join(".");
    const fields = { id_token_hint: broken, post_logout_redirect_uri: SIGNED_OUT, state: "s" };
    await asksThePerson(suite, landed, fields);
    return PASSED;
  },
  async "oidcc-rp-initiated-logout-no-id-token-hint"(suite) {
    const landed = await signedIn(suite);
    await asksThePerson(suite, landed, { post_logout_redirect_uri: SIGNED_OUT, state: "s" });
    return PASSED;
  },
  async "oidcc-rp-initiated-logout-no-params"(suite) {
    const landed = await signedIn(suite);
    const page = await asksThePerson(suite, landed, {});
    await landed.visitor.submit(page);
    expect(await isSignedIn(suite, landed)).toBe(false);
    return PASSED;
  },
  async "oidcc-rp-initiated-logout-no-post-logout-redirect-uri"(suite) {
    const landed = await signedIn(suite);
    const page = await leave(suite, landed, { id_token_hint: hintOf(landed), state: "s" });
    expect(page.url).toContain("/signed-out");
    expect(await isSignedIn(suite, landed)).toBe(false);
    return PASSED;
  },
  async "oidcc-rp-initiated-logout-no-state"(suite) {
    const landed = await signedIn(suite);
    const fields = { id_token_hint: hintOf(landed), post_logout_redirect_uri: SIGNED_OUT };
    expect((await leave(suite, landed, fields)).location).toBe(SIGNED_OUT);
    return PASSED;
  },
  async "oidcc-rp-initiated-logout-only-state"(suite) {
    await asksThePerson(suite, await signedIn(suite), { state: "s" });
    return PASSED;
  },
  async "oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri"(suite) {
    const landed = await signedIn(suite);
    await asksThePerson(suite, landed, {
      id_token_hint: hintOf(landed),
      post_logout_redirect_uri: `${SIGNED_OUT}?foo=bar`,
    });
    return PASSED;
  },
  async "oidcc-rp-initiated-logout-bad-id-token-hint"(suite) {
    const landed = await signedIn(suite);
    const fields = { id_token_hint: "not-a-token", post_logout_redirect_uri: SIGNED_OUT };
    await asksThePerson(suite, landed, fields);
    return PASSED;
  },
};

export const backChannelLogout: Modules = {
  "oidcc-backchannel-logout-discovery-endpoint-verification": (suite) =>
    advertises(suite, "backchannel_logout_supported", "backchannel_logout_session_supported"),
  async "oidcc-backchannel-rp-initiated-logout"(suite) {
    const heard: string[] = [];
    const server = await aServer(async (request, response) => {
      heard.push(new URLSearchParams(await bodyOf(request)).get("logout_token") ?? "");
      response.end();
    });
    const client = await suite.register({
      backchannel_logout_uri: `http://127.0.0.1:${server.port}/logout`,
      backchannel_logout_session_required: true,
    });
    const landed = await suite.signIn(client);
    await leave(suite, landed, { id_token_hint: hintOf(landed) });
    // The sender of the suite's provider rests, so that tests can count; another replica has one.
    const { database, clock } = suite.idp;
    const environment = { OUTBOUND_ALLOW: "127.0.0.0/8", ISSUER: suite.idp.issuer };
    const sending = await anIdp({ database, clock, environment, followsOthers: true });
    await eventually(() => heard.length > 0);
    await sending.close();
    const [token = ""] = heard;
    await suite.verify(token, client);
    expect(decodeProtectedHeader(token).typ).toBe("logout+jwt");
    const claims = decodeJwt(token);
    expect(claims).toMatchObject({
      sub: landed.claims.sub,
      sid: landed.claims.sid,
      jti: expect.any(String),
      events: { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    expect(claims).not.toHaveProperty("nonce");
    return PASSED;
  },
};

export const frontChannelLogout: Modules = {
  "oidcc-frontchannel-logout-discovery-endpoint-verification": (suite) =>
    advertises(suite, "frontchannel_logout_supported", "frontchannel_logout_session_supported"),
  async "oidcc-frontchannel-rp-initiated-logout"(suite) {
    const frontchannel_logout_uri = "https://suite.example/test/frontchannel";
    const session = { frontchannel_logout_uri, frontchannel_logout_session_required: true };
    const landed = await suite.signIn(await suite.register(session));
    const page = await leave(suite, landed, { id_token_hint: hintOf(landed) });
    const [, frame = ""] = /<iframe[^>]* src="([^"]*)"/.exec(page.text) ?? [];
    const called = new URL(frame.replaceAll("&amp;", "&"));
    expect(called.origin + called.pathname).toBe(frontchannel_logout_uri);
    expect(called.searchParams.get("iss")).toBe(suite.idp.issuer);
    expect(called.searchParams.get("sid")).toBe(landed.claims.sid);
    return PASSED;
  },
};
