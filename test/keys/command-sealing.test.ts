import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { keysOr, startProblemLine } from "../../idp/start-problem.ts";
import { commandSealingKey } from "../../keys/command-sealing.ts";
import { KeyEncryptionKeyWrong, KeySealUnavailable, keySeal } from "../../keys/key-seal.ts";
import { aKek } from "./a-key-lifecycle.ts";
import { aDirectory, aScript, aSealProgram, type SealProgram } from "./a-seal-command.ts";

const context = { kid: "key-one", alg: "RS256" };
const secret = Buffer.from("a private key, in truth some hundred bytes");

let program: SealProgram;
beforeAll(async () => {
  program = await aSealProgram();
});

const sealWith = (command: readonly string[], timeoutSeconds = 10) =>
  keySeal([commandSealingKey("hsm", { command, timeoutSeconds })]);

async function unavailable(work: Promise<unknown>): Promise<string> {
  const error = await work.then(() => undefined).catch((thrown: unknown) => thrown);
  if (error instanceof KeySealUnavailable) return error.message;
  throw new Error(`not refused as expected: ${String(error)}`);
}

describe("a key-encryption key that a command holds (K8)", () => {
  it("opens what it sealed, and never sees the private key", async () => {
    const seal = sealWith(program.command());
    const sealed = await seal.seal(secret, context);
    expect(sealed.kekId).toBe("hsm");
    expect(sealed.sealedPrivate).toMatch(/^[\w-]+\.[\w-]+$/);
    expect(await seal.open(sealed, context)).toEqual(secret);
  });

  it("seals each private key under a data key of its own", async () => {
    const seal = sealWith(program.command());
    const wrapped = await Promise.all(
      [1, 2, 3].map(async () => (await seal.seal(secret, context)).sealedPrivate.split(".")[0]),
    );
    expect(new Set(wrapped).size).toBe(3);
  });

  it("proves on the way that the command unwraps what it wrapped", async () => {
    const own = await aSealProgram();
    await sealWith(own.command()).seal(secret, context);
    expect(await own.runs()).toEqual([
      ["wrap", "hsm"],
      ["unwrap", "hsm"],
    ]);
  });

  it("is run with its arguments as they stand: no shell reads them", async () => {
    const own = await aSealProgram();
    const marker = join(await aDirectory(), "was-run");
    const args = [
      "--slot",
      "a slot",
      `; touch ${marker}`,
      `$(touch ${marker})`,
      "*",
      "'\"",
      "a\nb",
    ];
    const seal = sealWith(own.command(...args));
    const sealed = await seal.seal(secret, context);
    expect(await seal.open(sealed, context)).toEqual(secret);
    expect(await own.runs()).toContainEqual([...args, "wrap", "hsm"]);
    expect(existsSync(marker)).toBe(false);
  });

  it.each([
    ["another kid", { ...context, kid: "key-two" }],
    ["another alg", { ...context, alg: "PS256" }],
  ])("does not open for %s: rows cannot be swapped", async (_, other) => {
    const seal = sealWith(program.command());
    const sealed = await seal.seal(secret, context);
    await expect(seal.open(sealed, other)).rejects.toThrow(KeyEncryptionKeyWrong);
  });

  it.each<[string, (sealed: string) => string]>([
    ["truncated", (sealed) => sealed.slice(0, -4)],
    ["without its data key", (sealed) => `.${sealed.split(".")[1]}`],
    ["a data key alone", (sealed) => sealed.split(".")[0] ?? ""],
    ["in three parts", (sealed) => `${sealed}.${sealed}`],
    ["empty", () => ""],
  ])("K7: stops, and makes no key, when the row is %s", async (_, damage) => {
    const seal = sealWith(program.command());
    const sealed = await seal.seal(secret, context);
    const damaged = { ...sealed, sealedPrivate: damage(sealed.sealedPrivate) };
    await expect(seal.open(damaged, context)).rejects.toThrow(
      /^The signing key key-one does not open|^the seal command .* ended with code 1/,
    );
  });

  it("K7: tells rows of the other kind from its own", async () => {
    const byCommand = await sealWith(program.command()).seal(secret, context);
    const local = await keySeal([aKek("hsm")]).seal(secret, context);
    await expect(sealWith(program.command()).open(local, context)).rejects.toThrow(
      KeyEncryptionKeyWrong,
    );
    await expect(keySeal([aKek("hsm")]).open(byCommand, context)).rejects.toThrow(
      KeyEncryptionKeyWrong,
    );
  });
});

describe("a seal command that fails says how, in one line", () => {
  it.each<[string, string, RegExp]>([
    [
      "refuses",
      "echo 'no such slot' >&2; echo more >&2; exit 3",
      /ended with code 3: no such slot$/,
    ],
    ["refuses silently", "exit 1", /ended with code 1: no reason$/],
    ["reads nothing and writes nothing", "exit 0", /answered nothing$/],
    ["is killed", "kill -SEGV $$", /was ended by SIGSEGV$/],
    ["talks without end", "yes", /answered more than 8192 bytes$/],
    ["gives the key back as it is", "cat", /gave the key back unwrapped for "hsm"$/],
    ["gives it back in base64", "base64", /gave the key back unwrapped for "hsm"$/],
    ["gives it back in hex", "od -An -tx1 | tr -d ' \\n'", /gave the key back unwrapped/],
    ["answers garbage", "head -c 48 /dev/urandom", /does not unwrap what it wrapped for "hsm"$/],
    [
      "wraps and does not unwrap",
      "[ $1 = wrap ] && exec head -c 48 /dev/urandom; exit 9",
      /unwrap\) ended with code 9/,
    ],
  ])("when it %s", async (_, body, expected) => {
    const message = await unavailable(sealWith(await aScript(body)).seal(secret, context));
    expect(message).toMatch(expected);
    expect(message).toMatch(/^the seal command .*$/);
  });

  it.each<[string, readonly string[]]>([
    ["is missing", ["/nowhere/seal"]],
    ["is no program", ["/etc/passwd"]],
    ["is nothing at all", [""]],
    ["has a NUL in it", ["seal\0"]],
  ])("when it %s", async (_, command) => {
    const message = await unavailable(sealWith(command).seal(secret, context));
    expect(message).toMatch(/does not start: [^\n]+$/);
  });

  it("when it does not end in time, together with everything it has started", async () => {
    const directory = await aDirectory();
    const alive = join(directory, "alive");
    const script = await aScript(
      `(while :; do date +%N > "${alive}"; sleep 0.1; done) &\nsleep 60`,
    );
    const began = performance.now();
    const message = await unavailable(sealWith(script, 1).seal(secret, context));
    expect(message).toMatch(/wrap\) did not end within 1 s$/);
    // Its children hold its output open; nobody waits for them.
    expect(performance.now() - began).toBeLessThan(10_000);
    await wait(300);
    const last = await readFile(alive, "utf8");
    await wait(500);
    expect(await readFile(alive, "utf8")).toBe(last);
  });

  it("and the start it stops names the setting", async () => {
    const command = await aScript("echo 'PIN locked' >&2; exit 7");
    const refused = await keysOr(() => sealWith(command).seal(secret, context)).catch(
      (error: unknown) => error,
    );
    expect(startProblemLine(refused)).toBe(
      `KEY_SEAL_COMMAND: the seal command (${command[0]} wrap) ended with code 7: PIN locked`,
    );
  });
});
