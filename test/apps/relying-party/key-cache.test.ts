import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createKeyCache,
  KeptKeys,
  type KeyCache,
  KeysUnavailable,
  UnknownKey,
} from "../../../apps/relying-party/key-cache.ts";
import { networkFetch } from "../../../apps/relying-party/outbound-fetch.ts";
import { createReachability } from "../../../apps/relying-party/reachability.ts";
import { stateFile } from "../../../apps/relying-party/state-file.ts";
import { freePort } from "../../support/free-port.ts";
import { type MovableClock, movableClock } from "../../support/movable-clock.ts";
import { anIssuer, aSigningKey, type TestIssuer } from "./support/an-issuer.ts";

const HOUR = 3600;

describe("a site's copy of the issuer's keys (RFC 7517 §5)", () => {
  let clock: MovableClock;
  let issuer: TestIssuer;
  let directory: string;
  let network: ReturnType<typeof networkFetch>;
  let keys: KeyCache;
  /** Requests that left, answered or not. */
  let asked = 0;

  const open = async () => {
    const cache = createKeyCache({
      issuer: issuer.issuer,
      algorithms: ["RS256"],
      jwksUri: () => `${issuer.issuer}/jwks`,
      fetch: (url, request) => {
        asked += 1;
        return network.fetch(url, request);
      },
      clock,
      file: stateFile(join(directory, "key-set.json"), KeptKeys),
      reachability: createReachability({ clock }),
      logger: pino({ level: "silent" }),
      deadlineMilliseconds: 300,
    });
    await cache.start();
    return cache;
  };
  const resolve = (kid: unknown) => keys.resolve({ alg: "RS256", kid: String(kid) });
  const fetches = () => issuer.requestsTo("/jwks");

  beforeEach(async () => {
    clock = movableClock();
    issuer = await anIssuer({ clock, port: await freePort() });
    directory = await mkdtemp(join(tmpdir(), "signet-keys-"));
    network = networkFetch();
    keys = await open();
    await keys.refresh();
  });
  afterEach(async () => {
    await keys.stop();
    await network.close();
    await issuer.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it("finds a key without asking again", async () => {
    for (let round = 0; round < 10; round += 1) await resolve(issuer.key.kid);
    expect(fetches()).toBe(1);
  });

  it("Z1: refreshes in the background once max-age has passed; nobody waits for it", async () => {
    issuer.jwksMaxAgeSeconds = 120;
    clock.advance(31);
    await keys.refresh();
    clock.advance(119);
    await resolve(issuer.key.kid);
    expect(fetches()).toBe(2);
    clock.advance(1);
    // Answered from the old set, while the new one is under way.
    await resolve(issuer.key.kid);
    await expect.poll(fetches).toBe(3);
    await expect.poll(() => keys.fetchedAt()).toEqual(clock.now());
  });

  it("Z1: keeps the last good set for a day of outage, asking at most every 30 s", async () => {
    await issuer.stop();
    asked = 0;
    for (let seconds = 0; seconds < HOUR; seconds += 10) {
      clock.advance(10);
      await keys.refresh();
      await expect(resolve(issuer.key.kid)).resolves.toBeDefined();
    }
    expect(asked).toBe(HOUR / 30);
    clock.advance(23 * HOUR);
    await expect(resolve(issuer.key.kid)).resolves.toBeDefined();
    clock.advance(1);
    await expect(resolve(issuer.key.kid)).rejects.toThrow(KeysUnavailable);
    await issuer.start();
    clock.advance(31);
    await expect(resolve(issuer.key.kid)).resolves.toBeDefined();
  });

  it("Z1: survives a restart of the site during an outage, with its age", async () => {
    await issuer.stop();
    await keys.stop();
    clock.advance(23 * HOUR);
    keys = await open();
    await expect(resolve(issuer.key.kid)).resolves.toBeDefined();
    clock.advance(HOUR + 1);
    await expect(resolve(issuer.key.kid)).rejects.toThrow(KeysUnavailable);
  });

  it("Z1: a kept file that is damaged, or of another issuer, is no key set", async () => {
    const file = join(directory, "key-set.json");
    const kept = JSON.parse(await readFile(file, "utf8"));
    for (const text of [
      "",
      "{",
      "{}",
      JSON.stringify({ ...kept, issuer: "https://other.example" }),
    ]) {
      await writeFile(file, text);
      await issuer.stop();
      const reopened = await open();
      await expect(reopened.resolve({ alg: "RS256", kid: issuer.key.kid })).rejects.toThrow(
        KeysUnavailable,
      );
      await reopened.stop();
      await issuer.start();
    }
  });

  it("Z1: a kept time that is still to come does not stretch the day", async () => {
    await keys.stop();
    await issuer.stop();
    clock.advance(-30 * 24 * HOUR);
    keys = await open();
    clock.advance(24 * HOUR);
    await expect(resolve(issuer.key.kid)).resolves.toBeDefined();
    clock.advance(1);
    await expect(resolve(issuer.key.kid)).rejects.toThrow(KeysUnavailable);
  });

  it("takes 304 for a confirmation of the set whose ETag it named (RFC 9110 §15.4.5)", async () => {
    const asked: (string | undefined)[] = [];
    issuer.wrong.jwks = (response) => {
      const known = response.req.headers["if-none-match"];
      asked.push(known);
      if (known === '"one"') return void response.writeHead(304).end();
      response.writeHead(200, { ...JSON_TYPE, etag: '"one"' }).end(keySetText());
    };
    for (let round = 0; round < 3; round += 1) {
      clock.advance(31);
      await keys.refresh();
      expect(keys.fetchedAt()).toEqual(clock.now());
    }
    expect(asked).toEqual([undefined, '"one"', '"one"']);
    await expect(resolve(issuer.key.kid)).resolves.toBeDefined();
  });

  it("Z2: an unknown kid asks once; a flood of them asks no more", async () => {
    clock.advance(31);
    const flood = Array.from({ length: 200 }, (_, index) => resolve(`random-${index}`));
    const results = await Promise.allSettled(flood);
    expect(results.every((result) => result.status === "rejected")).toBe(true);
    expect(fetches()).toBe(2);
    clock.advance(29);
    await expect(resolve("another")).rejects.toThrow(UnknownKey);
    expect(fetches()).toBe(2);
    clock.advance(1);
    await expect(resolve("another")).rejects.toThrow(UnknownKey);
    expect(fetches()).toBe(3);
  });

  it("Z2: the pace holds when fetches fail", async () => {
    issuer.wrong.jwks = (response) => response.writeHead(500).end();
    clock.advance(31);
    for (let round = 0; round < 50; round += 1)
      await resolve(`random-${round}`).catch(() => undefined);
    expect(fetches()).toBe(2);
  });

  it("a key that is new to us is fetched for the token that names it", async () => {
    issuer.key = await aSigningKey();
    clock.advance(31);
    await expect(resolve(issuer.key.kid)).resolves.toBeDefined();
  });

  it("a key that left the set is refused after the refresh", async () => {
    const gone = issuer.key.kid;
    issuer.key = await aSigningKey();
    clock.advance(31);
    await keys.refresh();
    await expect(resolve(gone)).rejects.toThrow(UnknownKey);
    expect(keys.holds(gone)).toBe(false);
  });

  it("a clock that went back stops neither fetching nor verifying", async () => {
    clock.advance(-HOUR);
    await expect(resolve(issuer.key.kid)).resolves.toBeDefined();
    await expect.poll(fetches).toBe(2);
  });

  it("passes over keys that it cannot use, and never takes a private or symmetric one", async () => {
    issuer.wrong.jwks = (response) => {
      const good = issuer.key.jwk;
      sendJson(response, {
        keys: [
          { kty: "oct", kid: "secret", k: "c2VjcmV0" },
          { ...good, kid: "for-encryption", use: "enc" },
          { ...good, kid: "other-algorithm", alg: "PS256" },
          { kty: "EC", kid: "curve", crv: "P-256", x: "AA", y: "AA" },
          { ...good, kid: undefined },
          { ...good, d: "private" },
        ],
      });
    };
    clock.advance(31);
    await keys.refresh();
    await expect(resolve(issuer.key.kid)).resolves.toBeDefined();
    for (const kid of ["secret", "for-encryption", "other-algorithm", "curve"]) {
      expect(keys.holds(kid)).toBe(false);
    }
    await expect
      .poll(() => readFile(join(directory, "key-set.json"), "utf8"))
      .not.toContain("private");
  });

  const hostile: [string, (response: ServerResponse) => void][] = [
    ["an error page", (response) => response.writeHead(500).end("broken")],
    ["HTML", (response) => send(response, "text/html", "<h1>Welcome</h1>")],
    ["HTML that says it is JSON", (response) => send(response, "application/json", "<h1>Hi</h1>")],
    ["a key set that says it is HTML", (response) => send(response, "text/html", keySetText())],
    ["nothing", (response) => send(response, "application/json", "")],
    ["an empty set", (response) => sendJson(response, { keys: [] })],
    ["no set", (response) => sendJson(response, {})],
    ["null", (response) => sendJson(response, null)],
    ["a list", (response) => sendJson(response, [])],
    ["keys that are text", (response) => sendJson(response, { keys: "RSA" })],
    ["keys that are no objects", (response) => sendJson(response, { keys: [1, null, "a"] })],
    [
      "a truncated document",
      (response) => send(response, "application/json", keySetText().slice(0, -9)),
    ],
    [
      "the same kid twice",
      (response) => sendJson(response, { keys: [issuer.key.jwk, issuer.key.jwk] }),
    ],
    ["21 keys", (response) => sendJson(response, { keys: copies(21) })],
    ["10 000 keys", (response) => sendJson(response, { keys: copies(10_000) })],
    [
      "a set of 65 KiB",
      (response) => sendJson(response, { keys: copies(1), padding: "x".repeat(65 * 1024) }),
    ],
    ["an endless answer", (response) => endless(response)],
    ["an answer that never comes", () => undefined],
    [
      "an answer that stops half way",
      (response) => void response.writeHead(200, JSON_TYPE).write("{"),
    ],
    ["a drip of bytes", (response) => drip(response)],
    ["a broken connection", (response) => response.destroy()],
    ["a redirect", (response) => redirect(response, `${issuer.issuer}/elsewhere`)],
    ["an unasked 304", (response) => response.writeHead(304).end()],
    ["an empty 204", (response) => response.writeHead(204).end()],
  ];

  it.each(hostile)("Z2: ignores %s and keeps the last good set", async (_, answer) => {
    issuer.wrong.jwks = answer;
    clock.advance(31);
    await keys.refresh();
    expect(fetches()).toBe(2);
    expect(issuer.requestsTo("/elsewhere")).toBe(0);
    await expect(resolve(issuer.key.kid)).resolves.toBeDefined();
    expect(keys.fetchedAt()).toEqual(new Date(clock.now().getTime() - 31_000));
  });

  const copies = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ ...issuer.key.jwk, kid: `copy-${index}` }));
  const keySetText = () => JSON.stringify({ keys: [issuer.key.jwk] });
});

const JSON_TYPE = { "content-type": "application/json" };

function send(response: ServerResponse, type: string, text: string) {
  response.writeHead(200, { "content-type": type }).end(text);
}

const sendJson = (response: ServerResponse, value: unknown) =>
  send(response, "application/json", JSON.stringify(value));

function redirect(response: ServerResponse, location: string) {
  response.writeHead(302, { location }).end();
}

/** Until the reader hangs up. */
function endless(response: ServerResponse) {
  response.writeHead(200, JSON_TYPE);
  const chunk = " ".repeat(16 * 1024);
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on("drain", more).on("error", () => undefined);
  more();
}

function drip(response: ServerResponse) {
  response.writeHead(200, JSON_TYPE);
  const timer = setInterval(() => response.write(" "), 50);
  response.on("close", () => clearInterval(timer)).on("error", () => undefined);
}
