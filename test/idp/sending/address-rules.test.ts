import { describe, expect, it } from "vitest";
import { addressRules } from "../../../idp/sending/address-rules.ts";

describe("F2: which addresses may be called", () => {
  const { mayBeCalled } = addressRules([]);

  it.each([
    ["this host", "0.0.0.0"],
    ["a private network", "10.0.0.1"],
    ["a private network", "172.31.255.255"],
    ["a private network", "192.168.1.1"],
    ["a carrier's network, with a cloud's metadata in it", "100.100.100.200"],
    ["loopback", "127.0.0.1"],
    ["loopback", "127.255.255.254"],
    ["link-local, where clouds keep their metadata", "169.254.169.254"],
    ["protocol assignments, with a cloud's metadata in it", "192.0.0.192"],
    ["a cloud's own services", "168.63.129.16"],
    ["benchmarking", "198.19.0.1"],
    ["documentation", "203.0.113.7"],
    ["multicast", "224.0.0.1"],
    ["reserved", "250.0.0.1"],
    ["broadcast", "255.255.255.255"],
    ["unspecified", "::"],
    ["loopback", "::1"],
    ["IPv4-mapped loopback", "::ffff:127.0.0.1"],
    ["IPv4-mapped loopback, in hexadecimal", "::ffff:7f00:1"],
    ["IPv4-mapped, of a public address", "::ffff:8.8.8.8"],
    ["IPv4-compatible", "::7f00:1"],
    ["NAT64", "64:ff9b::7f00:1"],
    ["NAT64 of a network's own", "64:ff9b:1::a00:1"],
    ["6to4", "2002:7f00:1::1"],
    ["Teredo", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
    ["documentation", "2001:db8::1"],
    ["documentation", "3fff::1"],
    ["unique local", "fd12:3456::1"],
    ["unique local, a cloud's metadata", "fd00:ec2::254"],
    ["link-local", "fe80::1"],
    ["link-local with a zone", "fe80::1%eth0"],
    ["a public address with a zone", "2606:4700:4700::1111%eth0"],
    ["site-local", "fec0::1"],
    ["multicast", "ff02::1"],
    ["segment routing", "5f00::1"],
    ["discard", "100::1"],
    ["no address at all", "localhost"],
  ])("%s is refused: %s", (_what, address) => {
    expect(mayBeCalled(address)).toBe(false);
  });

  it.each(["8.8.8.8", "100.63.255.255", "172.32.0.1", "223.255.255.255", "2606:4700:4700::1111"])(
    "public ones are not: %s",
    (address) => {
      expect(mayBeCalled(address)).toBe(true);
    },
  );

  it("neither are those that the operator has named, to the address", () => {
    const named = addressRules(["10.1.0.0/16", "192.168.7.7", "fd00::/8"]);
    expect(["10.1.2.3", "192.168.7.7", "fd12::1"].map(named.mayBeCalled)).not.toContain(false);
    expect(["10.2.0.1", "192.168.7.8", "fe80::1"].map(named.mayBeCalled)).not.toContain(true);
    expect(named.isNamed("8.8.8.8")).toBe(false);
  });
});
