import { describe, expect, it } from "vitest";
import { KeyEncryptionKeyWrong, keySeal } from "../../keys/key-seal.ts";
import { aKek } from "./a-key-lifecycle.ts";

const context = { kid: "key-one", alg: "RS256" };
const secret = Buffer.from("a private key, in truth some hundred bytes");
const seal = keySeal([aKek()]);

const boxOf = async () =>
  Buffer.from((await seal.seal(secret, context)).sealedPrivate, "base64url");

describe("the seal on private keys (K8)", () => {
  it("opens what it sealed, and names the key-encryption key", async () => {
    const sealed = await seal.seal(secret, context);
    expect(sealed.kekId).toBe("kek-1");
    expect(await seal.open(sealed, context)).toEqual(secret);
  });

  it("uses a fresh 96-bit nonce each time, and hides what is inside", async () => {
    const boxes = await Promise.all(Array.from({ length: 100 }, boxOf));
    const nonces = boxes.map((box) => box.subarray(0, 12).toString("hex"));
    expect(new Set(nonces).size).toBe(100);
    for (const box of boxes) expect(box.includes(secret.subarray(0, 8))).toBe(false);
  });

  it("seals with the first key-encryption key and opens with any of them", async () => {
    const old = await seal.seal(secret, context);
    const both = keySeal([aKek("kek-2", 9), aKek()]);
    expect((await both.seal(secret, context)).kekId).toBe("kek-2");
    expect(await both.open(old, context)).toEqual(secret);
  });

  it.each([
    ["another kid", { ...context, kid: "key-two" }],
    ["another alg", { ...context, alg: "PS256" }],
  ])("does not open for %s: rows cannot be swapped", async (_, other) => {
    const sealed = await seal.seal(secret, context);
    await expect(seal.open(sealed, other)).rejects.toThrow(KeyEncryptionKeyWrong);
  });

  const altered = (box: Buffer) => {
    const flipped = Buffer.from(box);
    flipped.writeUInt8(flipped.readUInt8(20) ^ 1, 20);
    return flipped;
  };
  it.each<[string, (box: Buffer) => Buffer | string]>([
    ["truncated", (box) => box.subarray(0, -1)],
    ["cut to its nonce", (box) => box.subarray(0, 12)],
    ["empty", () => ""],
    ["altered in one bit", altered],
    ["no base64url", () => "%%%"],
  ])("K7: says which setting to look at when the row is %s", async (_, damage) => {
    const damaged = damage(await boxOf());
    const sealedPrivate = typeof damaged === "string" ? damaged : damaged.toString("base64url");
    const refused = await refusal(seal.open({ sealedPrivate, kekId: "kek-1" }, context));
    expect(refused).toMatch(/^The signing key key-one does not open: KEY_ENCRYPTION_KEYS [^\n]+$/);
  });

  it("K7: says so when the key-encryption key is another, or missing", async () => {
    const sealed = await seal.seal(secret, context);
    expect(await refusal(keySeal([aKek("kek-1", 8)]).open(sealed, context))).toMatch(
      /^The signing key key-one does not open: KEY_ENCRYPTION_KEYS holds another key as "kek-1"/,
    );
    expect(await refusal(keySeal([aKek("kek-2")]).open(sealed, context))).toBe(
      'The signing key key-one is sealed under the key "kek-1", which KEY_ENCRYPTION_KEYS does not hold',
    );
    expect(() => keySeal([])).toThrow(KeyEncryptionKeyWrong);
  });
});

async function refusal(opening: Promise<unknown>): Promise<string> {
  const error = await opening.then(() => undefined).catch((thrown: unknown) => thrown);
  if (error instanceof KeyEncryptionKeyWrong) return error.message;
  throw new Error(`not refused as expected: ${String(error)}`);
}
