import { describe, expect, it } from "vitest";
import { clientAddress } from "../../../idp/http/client-address.ts";

const proxied = clientAddress(["10.0.0.0/8", "192.0.2.1", "2001:db8::/32"]);

describe("client address (H4)", () => {
  const cases: [string, string, string, string][] = [
    ["no proxy", "203.0.113.9", "", "203.0.113.9"],
    ["H4: a header from somebody who is no proxy", "203.0.113.9", "1.2.3.4", "203.0.113.9"],
    ["one proxy", "10.1.2.3", "203.0.113.9", "203.0.113.9"],
    ["two proxies", "10.1.2.3", "203.0.113.9, 192.0.2.1", "203.0.113.9"],
    ["H4: what the client wrote itself", "10.1.2.3", "1.2.3.4, 203.0.113.9", "203.0.113.9"],
    ["H4: garbage from the client", "10.1.2.3", "a, 203.0.113.9", "203.0.113.9"],
    ["H4: garbage from the proxy", "10.1.2.3", "a", "10.1.2.3"],
    ["H4: an empty hop", "10.1.2.3", "203.0.113.9,", "10.1.2.3"],
    ["a port is not an address", "10.1.2.3", "203.0.113.9:4711", "10.1.2.3"],
    ["IPv4 mapped into IPv6", "::ffff:10.1.2.3", "::ffff:203.0.113.9", "203.0.113.9"],
    ["IPv6", "2001:db8::1", "2a00::7", "2a00::7"],
    [
      "H4: a hundred hops, all of them ours",
      "10.1.2.3",
      Array(100).fill("10.0.0.1").join(","),
      "10.0.0.1",
    ],
    ["no socket address", "", "203.0.113.9", "unknown"],
  ];
  it.each(cases)("%s", (_, remote, header, expected) => {
    expect(proxied(remote, header)).toBe(expected);
  });

  it.each(["proxy", "10.0.0.0/33", "10.0.0.0/x", "::1/129", "10.0.0/8"])(
    "H4: a setting that is no address is refused: %s",
    (entry) => expect(() => clientAddress([entry])).toThrow(entry),
  );
});
