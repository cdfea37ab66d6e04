import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalJWKSet, exportJWK, generateKeyPair, type JWK, jwtVerify } from "jose";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { clientKeyIn } from "../../../apps/relying-party/client-key-file.ts";
import { systemClock } from "../../../apps/relying-party/clock.ts";
import { SiteConfigError } from "../../../apps/relying-party/site-config.ts";

const directory = mkdtempSync(join(tmpdir(), "signet-client-key-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let path: string;
let files = 0;
beforeEach(() => {
  files += 1;
  path = join(directory, `${files}`, "client-key.json");
});

const key = () => clientKeyIn(path, systemClock);
const read = () => readFileSync(path, "utf8");

describe("a site's own key", () => {
  it("is made at the first start, for its owner's eyes alone, and is the same ever after", async () => {
    const { signer } = await key();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(path, ".."))).toEqual(["client-key.json"]);
    expect((await key()).signer.kid).toBe(signer.kid);
  });

  it("is one, although ten instances start at the same moment", async () => {
    const keys = await Promise.all(Array.from({ length: 10 }, key));
    expect(new Set(keys.map(({ signer }) => signer.kid)).size).toBe(1);
  });

  it("signs what its public set verifies, and that set has no private member", async () => {
    const { publicSet, assert } = await key();
    const keys = createLocalJWKSet({ keys: publicSet.keys as JWK[] });
    const { payload } = await jwtVerify(await assert("bank", "https://id.example"), keys, {
      issuer: "bank",
      subject: "bank",
      audience: "https://id.example",
      typ: "client-authentication+jwt",
      requiredClaims: ["jti", "exp", "iat"],
    });
    expect(payload.aud).toBe("https://id.example");
    expect(Object.keys(publicSet.keys[0] ?? {}).sort()).toEqual(
      ["alg", "crv", "kid", "kty", "use", "x", "y"].sort(),
    );
  });

  it.each([
    ["nothing", async () => ""],
    ["a key in PEM", async () => "-----BEGIN PRIVATE KEY-----\n"],
    ["a public key", async () => JSON.stringify((await newPair("ES256")).publicKey)],
    ["a key of another kind", async () => JSON.stringify((await newPair("RS256")).privateKey)],
    [
      "a point off the curve",
      async () => JSON.stringify({ ...(await newPair("ES256")).privateKey, x: "AAAA" }),
    ],
  ])("a file with %s stops the start in one line, and stays as it is", async (_what, content) => {
    await key();
    const text = await content();
    writeFileSync(path, text);
    const problem = await key().catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(SiteConfigError);
    expect(String(problem)).toContain(
      `CLIENT_KEY_FILE: ${path} is not a P-256 private key as a JWK`,
    );
    expect(read()).toBe(text);
  });

  it("a place that cannot be read or written is named", async () => {
    await key();
    path = join(path, "beneath-a-file");
    await expect(key()).rejects.toThrow(`CLIENT_KEY_FILE: cannot read ${path}`);
  });
});

async function newPair(alg: string): Promise<{ publicKey: JWK; privateKey: JWK }> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return { publicKey: await exportJWK(publicKey), privateKey: await exportJWK(privateKey) };
}
