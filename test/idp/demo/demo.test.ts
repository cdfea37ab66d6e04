import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { banner } from "../../../idp/demo/banner.ts";
import { findDemoSignIns } from "../../../idp/demo/demo-people.ts";
import { demoSecrets } from "../../../idp/demo/demo-secrets.ts";
import { readDemoSettings } from "../../../idp/demo/demo-settings.ts";
import { newPassphrase } from "../../../idp/demo/passphrase.ts";
import { NotADemoDatabase, requireDemoDatabase, seedDemo } from "../../../idp/demo/seed.ts";
import { checkNewPassword } from "../../../idp/records/accounts/password-policy.ts";
import { anIdp, aPerson, type TestIdp } from "../../support/an-idp.ts";

let idp: TestIdp;
let dataDirectory: string;

const sitesAt = (bank: number) => ({
  bank: `http://bank.localhost:${bank}`,
  retirement: "http://retirement.localhost:4002",
});
const seed = (bank = 4001) => seedDemo({ ...idp.known, dataDirectory, sites: sitesAt(bank) });
const passphrases = () => findDemoSignIns(dataDirectory).map(({ password }) => password);

async function canSignIn(email: string, password: string): Promise<boolean> {
  const now = idp.clock.now();
  const cause = { actor: "test" };
  const { kind } = await idp.known.authenticatePassword(email, password, "127.0.0.1", now, cause);
  return kind === "authenticated";
}
const everybodyCanSignIn = () =>
  Promise.all(
    findDemoSignIns(dataDirectory).map(({ email, password }) => canSignIn(email, password)),
  );

beforeAll(async () => {
  idp = await anIdp();
  dataDirectory = mkdtempSync(join(tmpdir(), "signet-demo-"));
});
afterAll(async () => {
  await idp.close();
  rmSync(dataDirectory, { recursive: true });
});

describe("the demo's people", () => {
  it("can sign in with the passphrases of demo.json", async () => {
    await seed();
    expect(await everybodyCanSignIn()).toEqual([true, true, true]);
  });

  it("keep their passphrases on a second start", async () => {
    const before = passphrases();
    await seed();
    expect(passphrases()).toEqual(before);
    expect(await idp.known.accounts.list({ limit: 10 })).toHaveLength(3);
  });

  it("get new passphrases that work when the file was lost", async () => {
    const before = passphrases();
    rmSync(join(dataDirectory, "demo.json"));
    await seed();
    expect(passphrases()).not.toEqual(before);
    expect(await everybodyCanSignIn()).toEqual([true, true, true]);
  });

  it("are two, and one administrator, who looks after the keys as well", async () => {
    const accounts = await idp.known.accounts.list({ limit: 10 });
    const those = (role: "isAdmin" | "isKeyAdmin") =>
      accounts.filter((account) => account[role]).map(({ email }) => email);
    expect(those("isAdmin")).toEqual(["ines@example.test"]);
    expect(those("isKeyAdmin")).toEqual(["ines@example.test"]);
  });

  it("P2: have passphrases that the password policy accepts", () => {
    for (let round = 0; round < 200; round += 1) {
      const passphrase = newPassphrase();
      expect(passphrase.length).toBeGreaterThanOrEqual(15);
      expect(checkNewPassword(passphrase, { email: "a@b.test", name: "A" })).toBeUndefined();
    }
  });
});

describe("the demo's sites", () => {
  it("find the id that they are known by, and prove the rest by keys of their own", async () => {
    const file = join(dataDirectory, "bank", "client.json");
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ client_id: "harbour-bank" });
    expect(await idp.known.clientStore.find("harbour-bank")).toMatchObject({
      firstParty: true,
      tokenEndpointAuthMethod: "private_key_jwt",
      jwksUri: expect.stringMatching(/^http:\/\/bank\.localhost:\d+\/client-keys$/),
      secrets: [],
    });
  });

  it("are followed when their port moves, and keep their credentials", async () => {
    const file = join(dataDirectory, "bank", "client.json");
    const before = readFileSync(file, "utf8");
    await seed(4901);
    expect(readFileSync(file, "utf8")).toBe(before);
    const client = await idp.known.clientStore.find("harbour-bank");
    expect(client?.redirectUris).toEqual(["http://bank.localhost:4901/callback"]);
    expect(client?.keyEventsUri).toBe("http://bank.localhost:4901/key-events");
    const resources = await idp.known.clientStore.listResources();
    expect(resources.map(({ identifier }) => identifier)).toContain(
      "http://bank.localhost:4901/api",
    );
  });
});

describe("a demo from before", () => {
  it("has sites that knew a secret move to keys of their own", async () => {
    const { clientStore, clock } = idp.known;
    const before = { tokenEndpointAuthMethod: "client_secret_basic", jwksUri: null } as const;
    await clientStore.update("harbour-bank", before, clock.now(), { actor: "test" });
    const file = join(dataDirectory, "bank", "client.json");
    writeFileSync(file, JSON.stringify({ client_id: "harbour-bank", client_secret: "sgx_old" }));
    await seed(4901);
    const client = await clientStore.find("harbour-bank");
    expect(client?.tokenEndpointAuthMethod).toBe("private_key_jwt");
    expect(readFileSync(file, "utf8")).not.toContain("secret");
  });

  it("has them hear of keys from its next start on", async () => {
    const { clientStore, clock } = idp.known;
    await clientStore.update("harbour-bank", { keyEventsUri: null }, clock.now(), {
      actor: "test",
    });
    await seed(4901);
    const client = await clientStore.find("harbour-bank");
    expect(client?.keyEventsUri).toBe("http://bank.localhost:4901/key-events");
  });
});

describe("the demo's files", () => {
  it("are for their owner alone", () => {
    demoSecrets(dataDirectory);
    for (const file of ["demo.json", "bank/client.json", "idp/kek", "idp/admin-token"])
      expect(statSync(join(dataDirectory, file)).mode & 0o777).toBe(0o600);
  });

  it("hold the same secrets for whoever comes second", () => {
    expect(demoSecrets(dataDirectory)).toEqual(demoSecrets(dataDirectory));
    expect(demoSecrets(dataDirectory).ADMIN_TOKEN.length).toBeGreaterThanOrEqual(32);
  });
});

describe("a database with real people", () => {
  it("is no demo's", async () => {
    await requireDemoDatabase(idp.known.accounts);
    await aPerson(idp, { email: "real@example.com", name: "Real" });
    await expect(requireDemoDatabase(idp.known.accounts)).rejects.toThrow(NotADemoDatabase);
  });
});

describe("npm start", () => {
  it("puts all three on loopback, whatever the shell says", () => {
    const { idp, bank } = readDemoSettings({
      HOST: "0.0.0.0",
      CLIENT_ID: "other",
      BANK_PORT: "4901",
    });
    expect(idp.environment.HOST).toBe("127.0.0.1");
    expect(bank).toMatchObject({ address: "http://bank.localhost:4901", port: 4901 });
    expect(bank.environment.CLIENT_ID).toBeUndefined();
    expect(idp.environment.BANK_PORT).toBe("4901");
  });

  it.each([
    [{ IDP_PORT: "four" }, /^IDP_PORT/],
    [{ BANK_PORT: "0" }, /^BANK_PORT/],
    [{ BANK_PORT: "4000" }, /^IDP_PORT, BANK_PORT and RETIREMENT_PORT/],
    [{ ISSUER: "https://id.example.com" }, /^ISSUER/],
  ])("refuses %j", (environment, words) => {
    expect(() => readDemoSettings(environment)).toThrow(words);
  });

  it("says where to go and as whom, in plain text when nobody sees colours", () => {
    const settings = readDemoSettings({});
    const signIns = [
      { email: "alice@example.test", name: "Alice Moreau", password: "five-plain-words-for-you" },
      {
        email: "ines@example.test",
        name: "Ines Valcour",
        password: "and-five-more-for-her",
        administrator: true,
      },
    ];
    const text = banner({ settings, signIns, tookSeconds: 4.21, isColourful: false });
    for (const expected of [
      "http://bank.localhost:4001",
      "http://retirement.localhost:4002",
      "http://id.localhost:4000/admin",
      "five-plain-words-for-you",
      "4.2 s",
    ])
      expect(text).toContain(expected);
    expect(text).not.toContain("\u001b");
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });
});
