import { inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type StatusBits, statusAt } from "../../../apps/relying-party/status-bits.ts";

const list = (bits: StatusBits["bits"], lst: string): StatusBits => ({
  bits,
  bytes: inflateSync(Buffer.from(lst, "base64url")),
});
const all = (given: StatusBits, count: number) =>
  Array.from({ length: count }, (_, index) => statusAt(given, index));

describe("the entries of a status list (Token Status List, draft-20)", () => {
  it("one bit each, lowest first: the draft's list of sixteen", () => {
    const sixteen = list(1, "eNrbuRgAAhcBXQ");
    expect([...sixteen.bytes]).toEqual([0xb9, 0xa3]);
    expect(all(sixteen, 16)).toEqual([1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]);
  });

  it("two bits each: the draft's list of twelve", () => {
    const twelve: StatusBits = { bits: 2, bytes: Uint8Array.of(0xc9, 0x44, 0xf9) };
    expect(all(twelve, 12)).toEqual([1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]);
  });

  it("four and eight bits each", () => {
    const bytes = Uint8Array.of(0x21, 0xf0);
    expect(all({ bits: 4, bytes }, 4)).toEqual([1, 2, 0, 15]);
    expect(all({ bits: 8, bytes }, 2)).toEqual([0x21, 0xf0]);
  });

  it("the draft's list of 2^20 entries, all valid but eleven", () => {
    const million = list(
      1,
      "eNrt3AENwCAMAEGogklACtKQPg9LugC9k_ACvreiogEAAKkeCQAAAAAAAAAAAAAAAAAAAIBylgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAXG9IAAAAAAAAAPwsJAAAAAAAAAAAAAAAvhsSAAAAAAAAAAAA7KpLAAAAAAAAAAAAAAAAAAAAAJsLCQAAAAAAAAAAADjelAAAAAAAAAAAKjDMAQAAAACAZC8L2AEb",
    );
    const taken = [0, 1993, 25460, 159495, 495669, 554353, 645645, 723232, 854545, 934534, 1000345];
    const found = all(million, 2 ** 20).flatMap((status, index) => (status === 0 ? [] : [index]));
    expect(found).toEqual(taken);
    expect(statusAt(million, 2 ** 20)).toBeUndefined();
  });

  it("there is nothing beyond the end", () => {
    const bytes = Uint8Array.of(0xff);
    for (const bits of [1, 2, 4, 8] as const) {
      const count = 8 / bits;
      expect(statusAt({ bits, bytes }, count - 1)).toBe(2 ** bits - 1);
      for (const index of [count, count + 1, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
        expect(statusAt({ bits, bytes }, index)).toBeUndefined();
      }
    }
    expect(statusAt({ bits: 1, bytes: new Uint8Array() }, 0)).toBeUndefined();
  });
});
