// One site's copy of the keys, with nobody else to blame: the kit's key cache over what a key ring
// publishes, through one rotation after the other.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { decodeProtectedHeader, type JWTHeaderParameters, jwtVerify } from "jose";
import { pino } from "pino";
import { KeptKeys } from "../../apps/relying-party/kept-keys.ts";
import { createKeyCache, type KeyCache } from "../../apps/relying-party/key-cache.ts";
import { createReachability } from "../../apps/relying-party/reachability.ts";
import { stateFile } from "../../apps/relying-party/state-file.ts";
import type { KeyLifecycle } from "../../keys/key-lifecycle.ts";
import type { Database } from "../../prisma/database.ts";
import { type MovableClock, movableClock } from "../support/movable-clock.ts";
import { aKeyLifecycle, LEAD_SECONDS, LONGEST_TOKEN_SECONDS } from "./a-key-lifecycle.ts";

/** The kit takes RSA keys. */
const ALG = "RS256";

/**
 * Verifies the last token of each former key until it expires and the first one of each next key.
 * @throws what a verification throws
 */
export async function kitThroughRotations(database: Database, rotations: number) {
  const clock = movableClock();
  const keys = aKeyLifecycle(database, clock, { signingAlgs: [ALG] });
  await keys.start();
  let fetches = 0;
  const { site, settled, forget } = await aSite(keys, clock, () => {
    fetches += 1;
  });
  const kids = new Set<string>();

  const mint = () => {
    const iat = clock.now().getTime() / 1000;
    return keys.ring.sign({ typ: "JWT" }, { sub: "alice", iat, exp: iat + LONGEST_TOKEN_SECONDS });
  };
  const verify = async (token: string) => {
    kids.add(decodeProtectedHeader(token).kid ?? "");
    const rules = { algorithms: [ALG], currentDate: clock.now() };
    await jwtVerify(token, (header: JWTHeaderParameters) => site.resolve(header), rules).catch(
      (cause: unknown) => {
        const published: unknown = JSON.parse(Buffer.from(keys.ring.publication().body).toString());
        const facts = { held: site.kids(), fetchedAt: site.fetchedAt(), fetches, published };
        throw new Error(`${[...kids].at(-1)} at ${clock.now()}: ${JSON.stringify(facts)}`, {
          cause,
        });
      },
    );
  };

  for (let rotation = 0; rotation < rotations; rotation += 1) {
    // A site that is used now and then, between twice in a lead and four times.
    const pauses = 2 + (rotation % 3);
    for (let pause = 0; pause < pauses; pause += 1) {
      await settled();
      clock.advance(LEAD_SECONDS / pauses);
      await keys.poll();
      await verify(await mint());
    }
    const last = await mint();
    const { kind } = await keys.rotate({ actor: "test" });
    if (kind !== "rotated") throw new Error(`not rotated: ${kind}`);
    for (const token of [await mint(), last]) await verify(token);
    await settled();
    clock.advance(LONGEST_TOKEN_SECONDS - 1);
    await verify(last);
  }
  await forget();
  await keys.stop();
  return { keys: kids.size, fetches };
}

/** The kit's key cache, which asks this ring for its keys. */
async function aSite(
  { ring }: KeyLifecycle,
  clock: MovableClock,
  asked: () => void,
): Promise<{ site: KeyCache; settled: () => Promise<void>; forget: () => Promise<void> }> {
  let answered: readonly string[] = [];
  const directory = await mkdtemp(join(tmpdir(), "signet-kit-"));
  const site = createKeyCache({
    issuer: "https://id.example.com",
    algorithms: [ALG],
    jwksUri: () => "https://id.example.com/jwks",
    fetch: async () => {
      asked();
      const { body, etag, maxAgeSeconds } = ring.publication();
      const { keys } = JSON.parse(Buffer.from(body).toString("utf8"));
      answered = keys.map(({ kid }: { kid: string }) => kid);
      const headers = {
        "Content-Type": "application/jwk-set+json",
        "Cache-Control": `public, max-age=${maxAgeSeconds}`,
        ETag: etag,
      };
      return new Response(new Uint8Array(body), { headers });
    },
    clock,
    file: stateFile(join(directory, "key-set.json"), KeptKeys),
    reachability: createReachability({ clock }),
    logger: pino({ level: "silent" }),
  });
  await site.start();
  await site.refresh();
  return {
    site,
    /** What it was answered it holds as well: no answer is on its way while the clock jumps. */
    async settled() {
      while (!answered.every((kid) => site.kids().includes(kid))) await wait(1);
    },
    async forget() {
      await site.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
