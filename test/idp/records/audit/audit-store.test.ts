import { beforeAll, describe, expect, it } from "vitest";
import { writeAudit } from "../../../../idp/records/audit/audit-store.ts";
import { openTestDatabase } from "../../../support/databases.ts";
import { at, type Stores, storesOver } from "../a-world.ts";

let stores: Stores;
beforeAll(async () => {
  stores = storesOver(await openTestDatabase());
});

const refusal = { kind: "sign-in.refused", actor: "anonymous", outcome: "refused" } as const;

describe("the audit", () => {
  it("G2: keeps time, request, actor, outcome and details of an event", async () => {
    const event = {
      ...refusal,
      at: at(1),
      accountId: "account-1",
      clientId: "client-1",
      sessionId: "session-1",
      grantId: "grant-1",
      requestId: "request-1",
      reason: "wrong password",
      details: { tries: 3, from: ["a\r\nb"] },
    };
    await stores.audit.record(event);
    expect(await stores.audit.list({ limit: 1 })).toEqual([{ id: expect.any(String), ...event }]);
  });

  it("D3: goes with the transaction it is written in", async () => {
    const failing = stores.database.transaction(async (orm) => {
      await writeAudit(orm, { ...refusal, at: at(2), reason: "rolled back" });
      throw new Error("after the row");
    });
    await expect(failing).rejects.toThrow("after the row");
    const events = await stores.audit.list({ limit: 100 });
    expect(events.some((event) => event.reason === "rolled back")).toBe(false);
  });

  it("is read from the newest, page by page, and by kind", async () => {
    for (let index = 0; index < 5; index += 1) {
      // Two of them at the same time.
      const event = { ...refusal, at: at(100 + Math.floor(index / 2)), reason: `${index}` };
      await stores.audit.record({ ...event, kind: "operator.refused" });
    }
    const pages = [];
    let before: string | undefined;
    do {
      const page = { limit: 2, kind: "operator.refused" as const, ...(before && { before }) };
      const events = await stores.audit.list(page);
      pages.push(events.map((event) => event.reason));
      before = events.at(-1)?.id;
    } while (before);
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1, 0]);
    expect(pages.flat().sort()).toEqual(["0", "1", "2", "3", "4"]);
    expect(pages[0]?.[0]).toBe("4");
  });
});
