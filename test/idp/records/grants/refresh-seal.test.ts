import { describe, expect, it } from "vitest";
import { newCredential } from "../../../../idp/protocol/credential.ts";
import { openSuccessor, sealSuccessor } from "../../../../idp/records/grants/refresh-seal.ts";

describe("a sealed successor (security E6)", () => {
  const presented = newCredential("refresh");
  const successor = newCredential("refresh");

  it("E6: opens under the token it succeeds, and under no other", () => {
    const sealed = sealSuccessor(successor, presented);
    expect(openSuccessor(sealed, presented)).toBe(successor);
    expect(() => openSuccessor(sealed, newCredential("refresh"))).toThrow();
  });

  it("is sealed differently each time, and says nothing of either token", () => {
    const sealed = sealSuccessor(successor, presented);
    expect(sealSuccessor(successor, presented)).not.toBe(sealed);
    const bytes = Buffer.from(sealed, "base64url").toString("latin1");
    expect(bytes).not.toContain(successor);
    expect(bytes).not.toContain(presented);
  });

  it("does not open once altered or cut short", () => {
    const sealed = sealSuccessor(successor, presented);
    const altered = (sealed[0] === "A" ? "B" : "A") + sealed.slice(1);
    expect(() => openSuccessor(altered, presented)).toThrow();
    expect(() => openSuccessor(sealed.slice(0, -4), presented)).toThrow();
    expect(() => openSuccessor("", presented)).toThrow();
  });
});
