import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { OAuthError } from "../../../idp/protocol/oauth-error.ts";
import {
  checkParameters,
  parseParameters,
  takeParameters,
} from "../../../idp/protocol/parameters.ts";

const encode = (pairs: [string, string][]) => new URLSearchParams(pairs).toString();
const refusal = expect.objectContaining({ code: "invalid_request" });

describe("reading form parameters (RFC 6749 §3.1, Appendix B)", () => {
  it("keeps names, values and their order, whatever they contain", () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is the one refused character
    const text = fc.string({ unit: "grapheme", maxLength: 40 }).filter((t) => !/\u0000/.test(t));
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 30 }), (pairs) => {
        const read = [...parseParameters(encode(pairs))].flatMap(([name, values]) =>
          values.map((value) => [name, value]),
        );
        expect(read).toHaveLength(pairs.length);
        expect(read).toEqual(expect.arrayContaining(pairs));
      }),
    );
  });

  it("A3: answers any text with parameters or with invalid_request, and nothing else", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (raw) => {
        try {
          parseParameters(raw);
        } catch (error) {
          expect(error).toBeInstanceOf(OAuthError);
          expect(error).toEqual(refusal);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ["a broken percent-encoding", "scope=%"],
    ["a percent-encoding of something else", "scope=%zz"],
    ["a lone continuation byte", "scope=%80"],
    ["an overlong encoding", "scope=%c0%af"],
    ["a surrogate in UTF-8", "scope=%ed%a0%80"],
    ["UTF-8 cut short", "scope=%e2%82"],
    ["NUL in a value", "scope=a%00b"],
    ["NUL in a name", "sc%00ope=a"],
    ["raw non-ASCII", "scope=é"],
    ["raw control characters", "scope=a\nb"],
    ["a value over 2 KiB", `state=${"a".repeat(2049)}`],
    ["a value over 2 KiB of UTF-8", `state=${"%C3%A9".repeat(1025)}`],
    ["an id_token_hint over 8 KiB", `id_token_hint=${"a".repeat(8193)}`],
    ["more than 100 parameters", "a=1&".repeat(101)],
  ])("A3: refuses %s", (_what, raw) => {
    expect(() => parseParameters(raw)).toThrow(refusal);
  });

  it("A3: takes values up to the limits", () => {
    expect(parseParameters(`state=${"a".repeat(2048)}`).get("state")?.[0]).toHaveLength(2048);
    expect(
      parseParameters(`id_token_hint=${"a".repeat(8192)}`).get("id_token_hint")?.[0],
    ).toHaveLength(8192);
    expect(parseParameters(`${"a=1&".repeat(99)}a=1`).get("a")).toHaveLength(100);
  });
});

describe("taking the parameters that a request knows", () => {
  const Request = z.object({
    client_id: z.string(),
    state: z.string().optional(),
    scope: z.string().optional(),
    resource: z.array(z.string()).default([]),
  });
  const take = (raw: string) =>
    takeParameters(parseParameters(raw), Request, { repeatable: ["resource"] });

  it.each(["client_id", "state", "scope"])("A3: %s given twice is refused", (name) => {
    const raw = `client_id=c&state=s&scope=x&${name}=again`;
    expect(() => take(raw)).toThrow(`${name} was given more than once`);
    expect(() => take(`client_id=c&state=s&scope=x&${name}=`)).toThrow(refusal);
  });

  it("A3: resource may be given several times (RFC 8707 §2)", () => {
    expect(take("client_id=c&resource=a&resource=b").resource).toEqual(["a", "b"]);
    expect(take("client_id=c&resource=a").resource).toEqual(["a"]);
    expect(take("client_id=c&resource=").resource).toEqual([]);
    expect(take("client_id=c").resource).toEqual([]);
  });

  it("A3: unknown parameters are ignored, also twice and in brackets", () => {
    expect(
      take("client_id=c&foo=1&foo=2&state[]=a&state[]=b&state[b]=c&__proto__=x&constructor=y"),
    ).toEqual({ client_id: "c", resource: [] });
  });

  it("an empty value counts as absent (RFC 6749 §3.1)", () => {
    expect(take("client_id=c&state=").state).toBeUndefined();
    expect(() => take("client_id=")).toThrow("client_id is missing");
  });

  it("a loose schema hands unknown parameters to the next schema, which still refuses a repeated one", () => {
    const First = z.looseObject({ grant_type: z.string() });
    const Second = z.object({ code: z.string() });
    const once = takeParameters(parseParameters("grant_type=x&code=a"), First);
    expect(checkParameters(Second, once)).toEqual({ code: "a" });
    for (const raw of ["grant_type=x&code=a&code=b", "grant_type=x&code=a&code="]) {
      const twice = takeParameters(parseParameters(raw), First);
      expect(() => checkParameters(Second, twice)).toThrow("code was given more than once");
    }
  });

  it("no name or value makes it fail in any other way than invalid_request", () => {
    const name = fc.oneof(
      fc.constantFrom("client_id", "state", "resource", "__proto__", "toString", "constructor"),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string()), { maxLength: 12 }), (pairs) => {
        try {
          const taken = take(encode(pairs));
          expect(Object.keys(taken).sort()).toEqual(
            [...new Set([...Object.keys(taken), "client_id", "resource"])].sort(),
          );
          expect(Object.getPrototypeOf(taken)).toBe(Object.prototype);
        } catch (error) {
          expect(error).toEqual(refusal);
        }
      }),
    );
  });
});
