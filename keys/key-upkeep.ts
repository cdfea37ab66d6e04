// What is due with time and asked for by nobody: places to fill, keys to retire, algorithms to begin
// with. Of several replicas that notice, one makes the change and the others find it made.
import { currentSet, happened, type KeyChanges, SYSTEM } from "./key-changes.ts";
import { dueToBegin, dueToRetire, missingPlaces } from "./key-rules.ts";
import type { KeySet } from "./key-store.ts";

/** @returns whether there was anything to do; then the set is another one now */
export type Upkeep = (changes: KeyChanges, known: KeySet) => Promise<boolean>;

/** The first keys of all, and those of an algorithm that is enabled later. */
export const fillPlaces: Upkeep = async (changes, known) => {
  const { store, clock, algs, logger } = changes;
  if (missingPlaces(known.keys, algs).length === 0) return false;
  // Never because a key does not open (security K7).
  const { version, keys } = await currentSet(changes);
  const made = await Promise.all(
    missingPlaces(keys, algs).map(async (place) => ({
      ...place,
      key: await changes.newKey(place.alg),
    })),
  );
  const details = { kids: made.map(({ key }) => key.kid) };
  const event = happened("keys.created", clock.now(), SYSTEM, details);
  if (made.length > 0 && (await store.create(version, made, event)))
    logger?.info(details, "made signing keys");
  return true;
};

/** Whose last token has expired. */
export const retireWhatIsDue: Upkeep = async ({ store, clock, rules, logger }, known) => {
  const leaving = dueToRetire(known.keys, rules, clock.now()).map(({ kid }) => kid);
  if (leaving.length === 0) return false;
  const details = { kids: leaving };
  const event = happened("keys.retired", clock.now(), SYSTEM, details);
  if (await store.retire(known.version, leaving, event))
    logger?.info(details, "retired signing keys");
  return true;
};

/** The keys of an algorithm that was enabled a lead ago. */
export const beginWhatIsDue: Upkeep = async (changes, known) => {
  const { store, clock, rules, algs, logger } = changes;
  const begins = dueToBegin(known.keys, { algs, rules, now: clock.now() });
  if (begins.length === 0) return false;
  const steps = await Promise.all(
    begins.map(async (succession) => ({
      succession,
      next: await changes.newKey(succession.alg),
    })),
  );
  const details = { kids: begins.map(({ pending }) => pending) };
  const event = happened("keys.began", clock.now(), SYSTEM, details);
  if (await store.rotate(known.version, steps, [], event))
    logger?.info(details, "further signing keys begin to sign");
  return true;
};
