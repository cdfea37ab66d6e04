import { describe, expect, it } from "vitest";
import { withDashedIdsLast } from "../../../idp/operate/dashed-ids.ts";

const kid = `-${"k".repeat(42)}`;
const id = `--${"r".repeat(20)}`;

describe("ids that begin with a dash", () => {
  it.each([
    [
      ["keys", "revoke", kid, "--reason", "x"],
      ["keys", "revoke", "--reason", "x", "--", kid],
    ],
    [
      ["keys", "confirm", id],
      ["keys", "confirm", "--", id],
    ],
    [
      ["keys", "revoke", "--reason", "x", kid],
      ["keys", "revoke", "--reason", "x", "--", kid],
    ],
    // Another's value, and what was put behind `--` already.
    [
      ["sessions", "end", "--session", id],
      ["sessions", "end", "--session", id],
    ],
    [
      ["keys", "revoke", "--", kid],
      ["keys", "revoke", "--", kid],
    ],
    // No ids at all.
    [
      ["keys", "list", "--json"],
      ["keys", "list", "--json"],
    ],
    [
      ["clients", "add", "--post-logout-redirect-uri", "x"],
      ["clients", "add", "--post-logout-redirect-uri", "x"],
    ],
  ])("%j is read as %j", (args, read) => {
    expect(withDashedIdsLast(args)).toEqual(read);
  });
});
