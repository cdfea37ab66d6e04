import { describe, expect, it } from "vitest";
import { canonicalEmail } from "../../../../idp/records/accounts/account.ts";
import { addressKey } from "../../../../idp/records/accounts/network-address.ts";

describe("the one spelling of an e-mail address (security P7)", () => {
  it.each([
    "alice@example.test",
    "Alice@Example.TEST",
    "  alice@example.test\t",
    "ａｌｉｃｅ@example.test",
    "alice@ｅxample.test",
  ])("P7: %j is alice", (spelling) => {
    expect(canonicalEmail(spelling)).toBe("alice@example.test");
  });

  it("keeps different people apart", () => {
    expect(canonicalEmail("al.ice@example.test")).not.toBe("alice@example.test");
    expect(canonicalEmail("alice+bank@example.test")).not.toBe("alice@example.test");
  });
});

describe("the one spelling of a network address (security P7)", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["::FFFF:c000:0207", "192.0.2.7"],
    ["2001:db8:1:2::1", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001:0002:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"],
    ["2001:db8:1:2:3:4:192.0.2.7", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["::", "0:0:0:0::/64"],
    ["2001:db8:1:3::1", "2001:db8:1:3::/64"],
    ["", "unknown"],
    ["localhost", "unknown"],
    ["192.0.2.7, 198.51.100.1", "unknown"],
  ])("P7: %j counts as %j", (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});
