import { describe, expect, it } from "vitest";
import { KeyEncryptionKeyWrong, keySeal } from "../../keys/key-seal.ts";
import { aKek } from "./a-key-lifecycle.ts";

const context = { kid: "key-one", alg: "RS256" };
const secret = Buffer.from("a private key, in truth some hundred bytes");
const seal = keySeal([aKek()]);

describe("the seal on private keys (K8)", () => {
  it("opens what it sealed, and names the key-encryption key", () => {
    const sealed = seal.seal(secret, context);
    expect(sealed.kekId).toBe("kek-1");
    expect(seal.open(sealed, context)).toEqual(secret);
  });

  it("uses a fresh 96-bit nonce each time, and hides what is inside", () => {
    const nonces = Array.from({ length: 100 }, () =>
      Buffer.from(seal.seal(secret, context).sealedPrivate, "base64url")
        .subarray(0, 12)
        .toString("hex"),
    );
    expect(new Set(nonces).size).toBe(100);
    const box = Buffer.from(seal.seal(secret, context).sealedPrivate, "base64url");
    expect(box.includes(secret.subarray(0, 8))).toBe(false);
  });

  it("seals with the first key-encryption key and opens with any of them", () => {
    const old = seal.seal(secret, context);
    const both = keySeal([aKek("kek-2", 9), aKek()]);
    expect(both.seal(secret, context).kekId).toBe("kek-2");
    expect(both.open(old, context)).toEqual(secret);
  });

  it.each([
    ["another kid", { ...context, kid: "key-two" }],
    ["another alg", { ...context, alg: "PS256" }],
  ])("does not open for %s: rows cannot be swapped", (_, other) => {
    expect(() => seal.open(seal.seal(secret, context), other)).toThrow(KeyEncryptionKeyWrong);
  });

  const sealed = seal.seal(secret, context);
  const box = Buffer.from(sealed.sealedPrivate, "base64url");
  const flipped = Buffer.from(box);
  flipped.writeUInt8(flipped.readUInt8(20) ^ 1, 20);
  it.each([
    ["truncated", box.subarray(0, -1).toString("base64url")],
    ["cut to its nonce", box.subarray(0, 12).toString("base64url")],
    ["empty", ""],
    ["altered in one bit", flipped.toString("base64url")],
    ["no base64url", "%%%"],
  ])("K7: says which setting to look at when the row is %s", (_, sealedPrivate) => {
    const open = () => seal.open({ ...sealed, sealedPrivate }, context);
    expect(open).toThrow(KeyEncryptionKeyWrong);
    expect(open).toThrow(/^The signing key key-one does not open: KEY_ENCRYPTION_KEYS [^\n]+$/);
  });

  it("K7: says so when the key-encryption key is another, or missing", () => {
    expect(() => keySeal([aKek("kek-1", 8)]).open(sealed, context)).toThrow(
      /^The signing key key-one does not open: KEY_ENCRYPTION_KEYS holds another key as "kek-1"/,
    );
    expect(() => keySeal([aKek("kek-2")]).open(sealed, context)).toThrow(
      /^The signing key key-one is sealed under the key "kek-1", which KEY_ENCRYPTION_KEYS does not hold$/,
    );
    expect(() => keySeal([])).toThrow(KeyEncryptionKeyWrong);
  });
});
