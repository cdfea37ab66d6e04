// What a million grants cost: the list on the wire, making it, keeping it, looking something up in it.
import { inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { namedStatement } from "../../idp/records/named-statement.ts";
import { statusBits } from "../../idp/records/statuses/status-bits.ts";
import { statusPlaces } from "../../idp/records/statuses/status-place.ts";
import { statusStore } from "../../idp/records/statuses/status-store.ts";
import { statuses } from "../../idp/records/statuses/statuses.ts";
import { encodeStatusList } from "../../idp/tokens/status-list-token.ts";
import { addClient, at, storesOver } from "../idp/records/a-world.ts";
import { openTestDatabase } from "../support/databases.ts";
import { movableClock } from "../support/movable-clock.ts";
import { count, figure, timed } from "./support/figures.ts";
import { settledMebibytes } from "./support/memory.ts";

const GRANTS = count(1_000_000, 10_000);
const ONE_IN = 100;

const addGrants = namedStatement<
  never,
  { clientId: string; first: number; last: number; oneIn: number; at: Date; endedAt: Date }
>(
  "soak.add_grants",
  `INSERT INTO "Grant" ("id", "clientId", "kind", "scopes", "resources", "amr", "createdAt",
     "lastUsedAt", "expiresAt", "revokedAt", "revokedReason")
   SELECT 'grant-' || n, :clientId, 'client', '{}', '{}', '{}', :at::timestamptz, :at::timestamptz,
     :at::timestamptz + interval '1 day',
     CASE WHEN n % :oneIn::int = 0 THEN :endedAt::timestamptz END,
     CASE WHEN n % :oneIn::int = 0 THEN 'token-revoked' END
   FROM generate_series(:first::int, :last::int) n`,
);

describe(`a list of ${GRANTS} grants, one in ${ONE_IN} ended`, () => {
  const placeOf = statusPlaces(Buffer.alloc(32, 1));
  const bits = statusBits();
  const before = settledMebibytes();
  for (let number = 0; number < GRANTS; number += ONE_IN) bits.end(placeOf(number));

  it("is small on the wire, and made in a moment", async () => {
    figure({
      id: "L3",
      what: "status list: memory",
      unit: "MiB",
      samples: [settledMebibytes() - before],
    });
    const samples: number[] = [];
    let lst = "";
    for (let round = 0; round < 50; round += 1) {
      samples.push(
        await timed(async () => {
          lst = await encodeStatusList(bits.list(0).bits);
        }),
      );
    }
    figure({
      id: "L3",
      what: "status list: KiB on the wire",
      unit: "",
      samples: [lst.length / 1024],
    });
    figure(
      { id: "L3", what: "status list: compressed", unit: "ms", samples },
      { of: "p99", atMost: 50 },
    );
    expect(inflateSync(Buffer.from(lst, "base64url")).equals(bits.list(0).bits)).toBe(true);
  });

  it("gives out a place in microseconds", () => {
    const began = performance.now();
    for (let number = 0; number < 1_000_000; number += 1) placeOf(number);
    const microseconds = (performance.now() - began) / 1000;
    figure({ id: "L3", what: "status list: µs for a place", unit: "", samples: [microseconds] });
  });
});

describe(`a replica that starts over ${GRANTS} grants`, () => {
  it("has the lists in seconds, and follows them in milliseconds", {
    timeout: 600_000,
  }, async () => {
    const database = await openTestDatabase();
    const stores = storesOver(database);
    const { id: clientId } = await addClient(stores);
    const size = 100_000;
    for (let first = 0; first < GRANTS; first += size) {
      const last = Math.min(first + size, GRANTS) - 1;
      await database.sql(
        addGrants,
        addGrants.values({ clientId, first, last, oneIn: ONE_IN, at: at(0), endedAt: at(1) }),
      );
    }
    const known = statuses({ store: statusStore(database), clock: movableClock(at(120)) });
    figure({
      id: "L3",
      what: "status list: start",
      unit: "ms",
      samples: [await timed(() => known.start())],
    });
    const samples: number[] = [];
    for (let round = 0; round < 100; round += 1) {
      samples.push(
        await timed(async () => {
          await known.list(0);
        }),
      );
    }
    figure({ id: "L3", what: "status list: look for what has ended", unit: "ms", samples });
  });
});
