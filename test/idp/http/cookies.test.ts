import { describe, expect, it } from "vitest";
import { cookieJar } from "../../../idp/http/cookies.ts";
import { newCredential } from "../../../idp/protocol/credential.ts";
import { edge } from "./edge.ts";

const session = newCredential("session");

describe("cookies (S1)", () => {
  it("S1: over https are __Host-, Secure, HttpOnly, Lax, for the whole host and no other", async () => {
    const cookies = cookieJar({ secure: true });
    const { url } = await edge((ctx) => {
      cookies.set(ctx, "session", session);
      ctx.body = "";
    });
    const answer = await fetch(url);
    expect(answer.headers.getSetCookie()).toEqual([
      `__Host-signet-session=${session}; Path=/; HttpOnly; SameSite=Lax; Secure`,
    ]);
  });

  it("S1: over plain http have an unprefixed name and no Secure", async () => {
    const cookies = cookieJar({ secure: false });
    const { url } = await edge((ctx) => {
      cookies.set(ctx, "browser", "value");
      ctx.body = "";
    });
    const answer = await fetch(url);
    expect(answer.headers.getSetCookie()).toEqual([
      "signet_browser=value; Path=/; HttpOnly; SameSite=Lax",
    ]);
  });

  it("S7: an answer that sets one is kept by no cache", async () => {
    const cookies = cookieJar({ secure: true });
    const { url } = await edge((ctx) => {
      ctx.set("Cache-Control", "public, max-age=300");
      cookies.set(ctx, "session", session);
      ctx.body = "";
    });
    expect((await fetch(url)).headers.get("cache-control")).toBe("no-store");
  });

  it("sets the last value of each name, and clears", async () => {
    const cookies = cookieJar({ secure: false });
    const { url } = await edge((ctx) => {
      cookies.set(ctx, "browser", "one");
      cookies.set(ctx, "session", "two");
      cookies.clear(ctx, "session");
      ctx.body = "";
    });
    const set = (await fetch(url)).headers.getSetCookie();
    expect(set).toHaveLength(2);
    expect(set[1]).toMatch(/^signet_session=; .*Expires=Thu, 01 Jan 1970/);
  });

  const malformed: [string, string][] = [
    ["nothing", ""],
    ["an empty value", "signet_session="],
    ["garbage", "signet_session=%00\u00ff"],
    ["another kind of credential", `signet_session=${newCredential("browser")}`],
    ["too short a credential", `signet_session=${session.slice(0, -1)}`],
    ["a quoted credential", `signet_session="${session}"`],
    ["two of them", `signet_session=${session}; signet_session=${newCredential("session")}`],
    ["the name in another case", `Signet_Session=${session}`],
    ["a longer name", `xsignet_session=${session}`],
    ["an object's member", "__proto__=1; constructor=2"],
    ["sixteen hundred cookies", Array.from({ length: 1600 }, (_, i) => `c${i}=1`).join("; ")],
  ];
  it.each(malformed)("S7: %s means nobody, never a pass", async (_, header) => {
    const cookies = cookieJar({ secure: false });
    const { url } = await edge((ctx) => {
      ctx.body = cookies.read(ctx, "session") ?? "nobody";
    });
    const answer = await fetch(url, { headers: { Cookie: header } });
    expect(await answer.text()).toBe("nobody");
  });

  it("reads what it set, among others", async () => {
    const cookies = cookieJar({ secure: false });
    const { url } = await edge((ctx) => {
      ctx.body = cookies.read(ctx, "session") ?? "nobody";
    });
    const headers = { Cookie: `bank=1; signet_session=${session};other="x"` };
    expect(await (await fetch(url, { headers })).text()).toBe(session);
  });
});
