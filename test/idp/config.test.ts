import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { type Environment, readConfig, SettingError } from "../../idp/config.ts";
import { Settings } from "../../idp/settings.ts";
import { settingsTable } from "../../idp/settings-table.ts";

const key = (id: string) => `${id}:${randomBytes(32).toString("base64")}`;
const production: Environment = {
  ISSUER: "https://id.example.com",
  KEY_ENCRYPTION_KEYS: key("2026-11"),
};
const demo: Environment = { DEMO: "true" };
const noDemoSecrets = () => {
  throw new Error("demo secrets were asked for");
};
const demoSecrets = () => ({ KEY_ENCRYPTION_KEYS: key("demo"), ADMIN_TOKEN: "d".repeat(43) });

const read = (environment: Environment) => readConfig(environment, noDemoSecrets);
const readDemo = (environment: Environment) => readConfig(environment, demoSecrets);

describe("settings of the identity provider", () => {
  it("has the documented defaults", () => {
    const config = read(production);
    expect(config).toMatchObject({
      demo: false,
      secure: true,
      port: 4000,
      host: "0.0.0.0",
      dataDirectory: resolve("data"),
      processes: 1,
      signingAlgs: ["RS256"],
      rsaBits: 2048,
      lifetimes: { codeSeconds: 60, accessTokenSeconds: 300, sessionAbsoluteSeconds: 43_200 },
      keys: {
        leadSeconds: 86_400,
        jwksMaxAgeSeconds: 300,
        skewSeconds: 60,
        rotationSeconds: 7_776_000,
        changesPerDay: 5,
        revocationByTwo: false,
      },
      outboundAllow: [],
      warnings: [],
    });
    expect(config.adminToken).toBeUndefined();
    expect(config.sealCommand).toBeUndefined();
  });

  it("is frozen, all the way down", () => {
    const config = read(production);
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.lifetimes)).toBe(true);
  });

  it("takes an empty variable for an unset one", () => {
    expect(read({ ...production, PORT: "", DATABASE_URL: "" }).port).toBe(4000);
  });

  it("stays on loopback when its issuer does, and listens where that says", () => {
    expect(read({ ...production, ISSUER: "http://localhost:4700" })).toMatchObject({
      host: "127.0.0.1",
      port: 4700,
      secure: false,
    });
  });

  const malformed: [string, string, RegExp][] = [
    ["ISSUER", "not a url", /https URL/],
    ["ISSUER", "http://id.example.com", /must be https/],
    ["ISSUER", "https://id.example.com/", /without a path or a final slash/],
    ["ISSUER", "https://id.example.com/tenant", /without a path/],
    ["ISSUER", "https://user@id.example.com", /written as an origin/],
    ["ISSUER", "https://id.example.com?x=1", /written as an origin/],
    ["ISSUER", "javascript:alert(1)", /https URL/],
    ["PORT", "eighty", /whole number/],
    ["PORT", "70000", /between/],
    ["HOST", "id.example.com", /IP address/],
    ["DEMO", "yes", /true or false/],
    ["DATABASE_URL", "mysql://db/signet", /postgresql:/],
    ["KEY_ENCRYPTION_KEYS", "short:AAAA", /32 bytes/],
    ["KEY_ENCRYPTION_KEYS", `${key("a")},${key("a")}`, /twice/],
    ["ADMIN_TOKEN", "guessable", /at least 32/],
    ["REGISTRATION_TOKEN", "short", /at least 16/],
    ["TRUSTED_PROXIES", "10.0.0.0/33", /CIDR/],
    ["TRUSTED_PROXIES", "proxy.internal", /CIDR/],
    ["LOG_LEVEL", "chatty", /must be trace/],
    ["RSA_BITS", "1024", /must be 2048/],
    ["CODE_TTL_SECONDS", "-1", /whole number of seconds/],
    ["CODE_TTL_SECONDS", "601", /between 1 and 600/],
    ["CODE_TTL_SECONDS", "1e3", /whole number of seconds/],
    ["WEB_CONCURRENCY", "2", /without DATABASE_URL/],
    ["ADMIN_PORT", "4000", /differ from PORT/],
    ["KEY_LEAD_SECONDS", "664", /at least 665/],
    ["KEY_ENCRYPTION_KEYS", "hsm:commands", /the word command/],
    ["KEY_ENCRYPTION_KEYS", "hsm:command,hsm:command", /twice/],
    ["KEY_ENCRYPTION_KEYS", "an hsm:command", /id:key/],
    ["KEY_SEAL_COMMAND", '["/opt/seal"', /JSON array/],
    ["KEY_SEAL_COMMAND", '["/opt/seal", 7]', /JSON array/],
    ["KEY_SEAL_COMMAND", "[]", /JSON array/],
    ["KEY_SEAL_TIMEOUT_SECONDS", "0", /between 1 and 120/],
    ["SIGNING_ALGS", "ES256", /must include RS256/],
    ["SIGNING_ALGS", "RS256,HS256", /RS256, PS256, ES256, EdDSA/],
    ["SIGNING_ALGS", "RS256,none", /at most once/],
    ["SIGNING_ALGS", "RS256,RS256", /at most once/],
    ["KEY_ROTATION_SECONDS", "86399", /0 or at least KEY_LEAD_SECONDS \(86400\)/],
    ["KEY_ROTATION_SECONDS", "-1", /whole number/],
    ["KEY_CHANGES_PER_DAY", "0", /between 1 and 1000/],
    ["KEY_REVOCATION_BY_TWO", "yes", /true or false/],
    ["OUTBOUND_ALLOW", "10.0.0.0/33", /CIDR/],
    ["OUTBOUND_ALLOW", "sites.internal", /CIDR/],
  ];
  it.each(malformed)("refuses %s=%s in one line that names it", (name, value, expected) => {
    const refusal = refusalOf(() => read({ ...production, [name]: value }));
    expect(refusal.setting).toBe(name);
    expect(refusal.message).toMatch(new RegExp(`^${name} `));
    expect(refusal.message).toMatch(expected);
    expect(refusal.message).not.toContain("\n");
  });

  it("never repeats a secret in a refusal", () => {
    const secret = "canary-5Zk1-secret";
    for (const name of ["ADMIN_TOKEN", "KEY_ENCRYPTION_KEYS", "DATABASE_URL"])
      expect(refusalOf(() => read({ ...production, [name]: secret })).message).not.toContain(
        secret,
      );
  });

  it("requires in production what only the demo makes for itself", () => {
    expect(refusalOf(() => read({ ...production, ISSUER: undefined })).setting).toBe("ISSUER");
    const refusal = refusalOf(() => read({ ...production, KEY_ENCRYPTION_KEYS: undefined }));
    expect(refusal.setting).toBe("KEY_ENCRYPTION_KEYS");
  });

  it("accepts several key-encryption keys, the first to seal", () => {
    const config = read({ ...production, KEY_ENCRYPTION_KEYS: `${key("new")}, ${key("old")}` });
    expect(config.keyEncryptionKeys.map(({ id }) => id)).toEqual(["new", "old"]);
    expect(config.keyEncryptionKeys[0]).toHaveProperty("key.length", 32);
  });

  it("takes the word command for a key that KEY_SEAL_COMMAND holds, beside keys of its own", () => {
    const keys = { KEY_ENCRYPTION_KEYS: `hsm:command,${key("old")}` };
    const config = read({ ...production, ...keys, KEY_SEAL_COMMAND: "/opt/seal --slot 3" });
    expect(config.keyEncryptionKeys).toMatchObject([
      { id: "hsm", heldBy: "command" },
      { id: "old" },
    ]);
    expect(config.sealCommand).toEqual({
      command: ["/opt/seal", "--slot", "3"],
      timeoutSeconds: 10,
    });
    expect(refusalOf(() => read({ ...production, ...keys })).message).toBe(
      "KEY_SEAL_COMMAND is required: KEY_ENCRYPTION_KEYS has a key it holds",
    );
  });

  it.each([
    ["/opt/seal", ["/opt/seal"]],
    ["  /opt/seal   a  b ", ["/opt/seal", "a", "b"]],
    ["/opt/seal 'a b' ; $(x)", ["/opt/seal", "'a", "b'", ";", "$(x)"]],
    ['["/opt/my seal", "--pin-file", "/a b", ";"]', ["/opt/my seal", "--pin-file", "/a b", ";"]],
  ])("reads KEY_SEAL_COMMAND %j as words, as no shell would", (text, command) => {
    expect(read({ ...production, KEY_SEAL_COMMAND: text }).sealCommand?.command).toEqual(command);
  });

  it.each([
    ["RS256", ["RS256"]],
    ["EdDSA,RS256", ["RS256", "EdDSA"]],
    [" ES256 , EdDSA, PS256,RS256", ["RS256", "PS256", "ES256", "EdDSA"]],
  ])("signs with %j, RS256 first", (text, algs) => {
    expect(read({ ...production, SIGNING_ALGS: text }).signingAlgs).toEqual(algs);
  });

  it.each(["2048", "3072", "4096"])("makes RSA keys of %s bits", (bits) => {
    expect(read({ ...production, RSA_BITS: bits }).rsaBits).toBe(Number(bits));
  });

  it("rotates by itself as often as it is told, or never", () => {
    const rotation = (text: string) =>
      read({ ...production, KEY_ROTATION_SECONDS: text }).keys.rotationSeconds;
    expect(rotation("2592000")).toBe(2_592_000);
    expect(rotation("86400")).toBe(86_400);
    expect(rotation("0")).toBe(0);
  });

  it("D1: counts changes, and asks for a second person, as it is told", () => {
    const { keys } = read({
      ...production,
      KEY_CHANGES_PER_DAY: "2",
      KEY_REVOCATION_BY_TWO: "true",
    });
    expect(keys).toMatchObject({ changesPerDay: 2, revocationByTwo: true });
  });

  it("F2: calls what is not public only where it is told to", () => {
    const config = read({ ...production, OUTBOUND_ALLOW: "10.1.0.0/16, fd00::7" });
    expect(config.outboundAllow).toEqual(["10.1.0.0/16", "fd00::7"]);
  });

  it("K2: a lead of exactly the derived minimum is enough", () => {
    expect(read({ ...production, KEY_LEAD_SECONDS: "665" }).keys.leadSeconds).toBe(665);
  });
});

describe("demo mode", () => {
  it("needs no setting at all", () => {
    expect(readDemo(demo)).toMatchObject({
      issuer: "http://id.localhost:4000",
      host: "127.0.0.1",
      adminToken: "d".repeat(43),
    });
  });

  it("lets its address follow PORT", () => {
    expect(readDemo({ ...demo, PORT: "4800" }).issuer).toBe("http://id.localhost:4800");
  });

  it("takes a short lead with a warning (design: 30 seconds)", () => {
    const config = readDemo(demo);
    expect(config.keys.leadSeconds).toBe(30);
    expect(config.warnings).toEqual([expect.stringMatching(/^KEY_LEAD_SECONDS is 30/)]);
  });

  it("changes keys as often as whoever tries it out likes, and calls loopback", () => {
    const config = readDemo({ ...demo, OUTBOUND_ALLOW: "10.0.0.1" });
    expect(config.keys.changesPerDay).toBe(100);
    expect(config.outboundAllow).toEqual(["127.0.0.0/8", "::1/128", "10.0.0.1"]);
  });

  it("is refused off loopback, before any secret is made", () => {
    const refusal = refusalOf(() => read({ ...demo, ISSUER: "https://id.example.com" }));
    expect(refusal.setting).toBe("DEMO");
  });

  it("prefers secrets that were given", () => {
    expect(readDemo({ ...demo, ADMIN_TOKEN: "g".repeat(40) }).adminToken).toBe("g".repeat(40));
  });
});

describe("the settings table", () => {
  it("describes every setting", () => {
    const rows = settingsTable().split("\n").slice(2);
    expect(rows).toHaveLength(Object.keys(Settings.shape).length);
    for (const row of rows) expect(row).toMatch(/^\| `[A-Z_]+` \| .+ \| .+\. \|$/);
  });

  it("stands in the README as generated", () => {
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    const [, between] = /<!-- settings -->\n([\s\S]*?)\n<!-- \/settings -->/.exec(readme) ?? [];
    expect(between?.trim()).toBe(settingsTable());
  });
});

function refusalOf(start: () => unknown): SettingError {
  try {
    start();
  } catch (error) {
    if (error instanceof SettingError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
