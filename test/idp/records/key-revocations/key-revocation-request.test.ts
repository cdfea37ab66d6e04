import { describe, expect, it } from "vitest";
import {
  type KeyRevocationRequest,
  whyClosed,
  whyNotConfirmed,
} from "../../../../idp/records/key-revocations/key-revocation-request.ts";
import { at } from "../a-world.ts";

const request: KeyRevocationRequest = {
  id: "a-request",
  kid: "a-key",
  reason: "leaked",
  refreshTokens: "keep",
  requestedBy: "account:ines",
  requestedAt: at(0),
  expiresAt: at(900),
};
const decided = { ...request, decidedBy: "account:carla", decidedAt: at(10) };

describe("who may confirm that a key is thrown out (D1)", () => {
  it.each([
    ["somebody else, in time", request, "account:carla", 899, undefined],
    ["somebody else, through another door", request, "operator-token", 1, undefined],
    ["whoever asked", request, "account:ines", 1, "same-person"],
    ["somebody else, when it has expired", request, "account:carla", 900, "expired"],
    ["somebody else, when it has been decided", decided, "account:max", 20, "decided"],
    ["anybody, of a request that there is not", undefined, "account:carla", 1, "unknown-request"],
    // What is over is over, whoever asks.
    ["whoever asked, when it has expired", request, "account:ines", 900, "expired"],
  ] as const)("%s: %j", (_, asked, actor, seconds, refusal) => {
    expect(whyNotConfirmed(asked, actor, at(seconds))).toBe(refusal);
  });

  it("whoever asked may take it back", () => {
    expect(whyClosed(request, at(1))).toBeUndefined();
    expect(whyClosed(decided, at(20))).toBe("decided");
  });
});
