import { describe, expect, it } from "vitest";
import { statusBits } from "../../../../idp/records/statuses/status-bits.ts";
import { encodeStatusList } from "../../../../idp/tokens/status-list-token.ts";
import { decodedVector, VECTOR_INDICES } from "./vectors.ts";

describe("which places have ended (Token Status List, draft-20 §4)", () => {
  it("is one bit each, the least significant first", () => {
    const bits = statusBits();
    for (const index of [0, 3, 4, 5, 7, 8, 9, 13, 15]) bits.end({ list: 0, index });
    expect([...bits.list(0).bits.subarray(0, 2)]).toEqual([0xb9, 0xa3]);
  });

  it("is the draft's own list of 2^20 entries", () => {
    const bits = statusBits();
    for (const index of VECTOR_INDICES) bits.end({ list: 4, index });
    expect(Buffer.from(bits.list(4).bits).equals(decodedVector())).toBe(true);
  });

  it("has a new version when something has ended, and for nothing else", () => {
    const bits = statusBits();
    expect(bits.list(0).version).toBe(0);
    bits.end({ list: 0, index: 5 });
    bits.end({ list: 0, index: 5 });
    bits.end({ list: 1, index: 6 });
    expect(bits.list(0).version).toBe(1);
    expect(bits.list(2).bits.every((byte) => byte === 0)).toBe(true);
  });
});

describe("a list on the wire (§4.1)", () => {
  it("is compressed in the ZLIB format and base64url without padding", async () => {
    expect(await encodeStatusList(Uint8Array.of(0xb9, 0xa3))).toBe("eNrbuRgAAhcBXQ");
  });

  it("of a million, one in a hundred ended, takes less than 15 KB", async () => {
    const bits = statusBits();
    for (let index = 0; index < 1_000_000; index += 100) {
      bits.end({ list: 0, index: (index * 7919) % 2 ** 20 });
    }
    expect((await encodeStatusList(bits.list(0).bits)).length).toBeLessThan(15_000 * (4 / 3));
  });
});
