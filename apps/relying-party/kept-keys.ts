// What a site keeps of the provider's keys across restarts: the last good set with its age, and which keys it
// refuses. Losing the file costs a fetch; what it says of distrust the provider says again (key-sightings.ts).
import { z } from "zod";
import type { DistrustedKey } from "./distrusted-keys.ts";
import { KeySet, Kid, Kids } from "./key-set.ts";

const KeptDistrust = z.object({ kid: Kid, at: z.iso.datetime(), confirmed: z.boolean() });

export const KeptKeys = z.object({
  issuer: z.string(),
  fetchedAt: z.iso.datetime(),
  maxAgeSeconds: z.number(),
  etag: z.string().optional(),
  keys: KeySet,
  /** Every published name; files of earlier versions have none. */
  kids: Kids.optional(),
  /** All that earlier versions wrote of distrust, and still what they would read. */
  distrusted: z.array(z.string()),
  distrust: z.array(KeptDistrust).optional(),
});
export type KeptKeys = z.infer<typeof KeptKeys>;

/** The two members that say which keys are refused. */
export const keptDistrust = (keys: readonly DistrustedKey[]) => ({
  distrusted: keys.map(({ kid }) => kid),
  distrust: keys.map((key) => ({ ...key, at: key.at.toISOString() })),
});

/** The refused keys in a file of any version; where it does not say since when, it is from now on. */
export function distrustIn(kept: KeptKeys, now: Date): DistrustedKey[] {
  const known = new Map(kept.distrust?.map((key) => [key.kid, { ...key, at: new Date(key.at) }]));
  return kept.distrusted.map((kid) => known.get(kid) ?? { kid, at: now, confirmed: true });
}
