import { describe, expect, it } from "vitest";
import { despiteConflicts } from "../../../idp/ending/despite-conflicts.ts";
import { Prisma } from "../../../prisma/generated/client.ts";

const failure = (code: string) =>
  new Prisma.PrismaClientKnownRequestError("no", { code, clientVersion: "7" });

/** Fails with these, one after the other, and then does it. */
function failing(...errors: Error[]) {
  const tried = { times: 0 };
  const change = async () => {
    tried.times += 1;
    const error = errors[tried.times - 1];
    if (error) throw error;
    return "done";
  };
  return { tried, change };
}

describe("a change that others are in the way of", () => {
  it.each([
    ["a deadlock", "P2034"],
    ["a client deleted meanwhile", "P2003"],
  ])("is tried again after %s", async (_, code) => {
    const { change, tried } = failing(failure(code), failure(code));
    expect(await despiteConflicts(change)).toBe("done");
    expect(tried.times).toBe(3);
  });

  it("is given up after the third time", async () => {
    const conflict = failure("P2034");
    const { change, tried } = failing(conflict, conflict, conflict, conflict);
    await expect(despiteConflicts(change)).rejects.toBe(conflict);
    expect(tried.times).toBe(3);
  });

  it("is not tried again after anything else", async () => {
    const { change, tried } = failing(failure("P2002"));
    await expect(despiteConflicts(change)).rejects.toThrow();
    expect(tried.times).toBe(1);
  });
});
