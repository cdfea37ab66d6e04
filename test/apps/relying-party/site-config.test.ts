import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readSiteConfig, SiteConfigError } from "../../../apps/relying-party/site-config.ts";

const directory = mkdtempSync(join(tmpdir(), "signet-config-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const defaults = {
  name: "Harbour Bank",
  hostname: "bank.localhost",
  port: 4001,
  cookiePrefix: "harbour",
  dataDirectory: join(directory, "bank"),
};
const key = Buffer.alloc(32, 1).toString("base64url");
const production = {
  ISSUER: "https://id.example",
  BASE_URL: "https://bank.example",
  CLIENT_ID: "bank",
  CLIENT_SECRET: "secret",
  SESSION_KEYS: key,
};

describe("a site's settings", () => {
  it("needs none in a demo: loopback addresses, own session keys, a client file to wait for", () => {
    const config = readSiteConfig({}, defaults);
    expect(config).toMatchObject({
      issuer: "http://id.localhost:4000",
      baseUrl: "http://bank.localhost:4001",
      secure: false,
      host: "127.0.0.1",
      port: 4001,
      client: { kind: "file", path: join(directory, "bank", "client.json") },
      outageGraceSeconds: 3600,
      resource: "http://bank.localhost:4001/api",
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it("makes the demo's session key once, for its own user only", () => {
    const [first, second] = [readSiteConfig({}, defaults), readSiteConfig({}, defaults)];
    expect(first.sessionKeys).toEqual(second.sessionKeys);
    expect(first.sessionKeys[0]).toHaveLength(32);
    const file = join(directory, "bank", "session-keys");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    writeFileSync(file, "damaged");
    expect(() => readSiteConfig({}, defaults)).toThrow(/^DATA_DIR: key 1 is not 32 bytes/);
    rmSync(file);
  });

  it("takes the port from PORT, and the address from it", () => {
    const config = readSiteConfig({ PORT: "5001" }, defaults);
    expect(config.baseUrl).toBe("http://bank.localhost:5001");
    expect(config.resource).toBe("http://bank.localhost:5001/api");
  });

  it("reads production settings, the secret from a file as well", () => {
    const file = join(directory, "secret");
    writeFileSync(file, "from a file\n");
    const { CLIENT_SECRET: _, ...rest } = production;
    const config = readSiteConfig(
      { ...rest, CLIENT_SECRET_FILE: file, DATA_DIR: directory },
      defaults,
    );
    expect(config.client).toEqual({
      kind: "secret",
      clientId: "bank",
      clientSecret: "from a file",
    });
    expect(config.secure).toBe(true);
    expect(readFileSync(file, "utf8")).toBe("from a file\n");
  });

  it("proves who it is by a key of its own, unless it is given a secret", () => {
    const { CLIENT_SECRET: _, ...rest } = production;
    const config = readSiteConfig({ ...rest, DATA_DIR: directory }, defaults);
    expect(config.client).toEqual({ kind: "key", clientId: "bank" });
    expect(config.clientKeyFile).toBe(join(directory, "client-key.json"));
    const given = readSiteConfig({ ...rest, CLIENT_KEY_FILE: "/run/key.json" }, defaults);
    expect(given.clientKeyFile).toBe("/run/key.json");
  });

  it("takes an empty variable for one that is not set", () => {
    expect(readSiteConfig({ PORT: "", SESSION_KEYS: "" }, defaults).port).toBe(4001);
  });

  const malformed: [string, string, Record<string, string | undefined>][] = [
    ["a port that is none", "PORT", { PORT: "http" }],
    ["a port out of range", "PORT", { PORT: "70000" }],
    ["a negative grace", "OUTAGE_GRACE_SECONDS", { OUTAGE_GRACE_SECONDS: "-1" }],
    ["an issuer that is no URL", "ISSUER", { ISSUER: "id.example" }],
    ["an issuer over http elsewhere", "ISSUER", { ...production, ISSUER: "http://id.example" }],
    ["an issuer with a query", "ISSUER", { ...production, ISSUER: "https://id.example/?a" }],
    [
      "an address over http elsewhere",
      "BASE_URL",
      { ...production, BASE_URL: "http://bank.example" },
    ],
    ["an address with a path", "BASE_URL", { ...production, BASE_URL: "https://bank.example/app" }],
    ["a host that only looks like loopback", "BASE_URL", { BASE_URL: "http://localhost.example" }],
    [
      "no client id in production",
      "CLIENT_ID",
      { ...production, CLIENT_ID: undefined, CLIENT_SECRET: undefined },
    ],
    ["a key beside a secret", "CLIENT_KEY_FILE", { ...production, CLIENT_KEY_FILE: "/key.json" }],
    ["two client secrets", "CLIENT_SECRET", { ...production, CLIENT_SECRET_FILE: "/nowhere" }],
    [
      "a secret file that is not there",
      "CLIENT_SECRET_FILE",
      { CLIENT_ID: "bank", CLIENT_SECRET_FILE: "/nowhere" },
    ],
    ["no session keys in production", "SESSION_KEYS", { ...production, SESSION_KEYS: undefined }],
    ["a short session key", "SESSION_KEYS", { SESSION_KEYS: "c2hvcnQ" }],
    ["a second session key that is none", "SESSION_KEYS", { SESSION_KEYS: `${key},` }],
    ["an unknown log level", "LOG_LEVEL", { LOG_LEVEL: "loud" }],
  ];
  it.each(malformed)("refuses %s in one line that names %s", (_, setting, env) => {
    let thrown: unknown;
    try {
      readSiteConfig(env, defaults);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(SiteConfigError);
    const message = thrown instanceof Error ? thrown.message : "";
    expect(message.startsWith(`${setting}: `)).toBe(true);
    expect(message).not.toContain("\n");
    expect(message).not.toContain("c2hvcnQ");
  });
});
