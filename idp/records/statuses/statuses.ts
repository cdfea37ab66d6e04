// The status of every grant, in memory, brought up to date when a list is asked for: a list holds whatever had
// ended, on whichever replica, before the request for it came. Who is not asked looks nothing up.
import type { Clock } from "../../../prisma/clock.ts";
import { secondsBefore } from "../lifetimes.ts";
import { type StatusList, statusBits } from "./status-bits.ts";
import { type PlaceOf, type StatusPlace, statusPlaces } from "./status-place.ts";
import type { StatusStore } from "./status-store.ts";

export interface Statuses {
  /** Where a grant stands in the lists. @param number  the grant's own */
  placeOf(number: number): StatusPlace;
  /**
   * A list with all that had ended when it was asked for.
   * @returns undefined for one that is not in use yet
   * @throws DatabaseUnavailable
   */
  list(number: number): Promise<StatusList | undefined>;
  /** The numbers of all lists in use. @throws DatabaseUnavailable */
  lists(): Promise<number[]>;
  /** Must have resolved before any grant's place is asked for. */
  start(): Promise<void>;
}

/**
 * A change is committed later than the time it bears, and replicas' clocks differ: one that is off by more
 * than half of this is not trusted (prisma/clock.ts).
 */
const OVERLAP_SECONDS = 60;

export function statuses({ store, clock }: { store: StatusStore; clock: Clock }): Statuses {
  const bits = statusBits();
  let place: PlaceOf | undefined;
  let lookedAt: Date | undefined;
  let cutOffAt = new Date(0);
  let newestList = 0;
  let looking: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  function placeOf(number: number): StatusPlace {
    if (place === undefined) throw new Error("the status lists have not been started");
    return place(number);
  }

  function markEnded(numbers: Iterable<number>): void {
    for (const number of numbers) bits.end(placeOf(number));
  }

  async function look(): Promise<void> {
    const at = clock.now();
    const since = lookedAt === undefined ? new Date(0) : secondsBefore(lookedAt, OVERLAP_SECONDS);
    for await (const page of store.endedSince(since)) markEnded(page.map(({ number }) => number));
    const otherwise = await store.endedOtherwise(since);
    markEnded(otherwise.deleted);
    if (otherwise.cutOffAt !== null && otherwise.cutOffAt > cutOffAt) {
      markEnded(await store.endedByCutOff(otherwise.cutOffAt));
      cutOffAt = otherwise.cutOffAt;
    }
    newestList = placeOf(otherwise.newest).list;
    lookedAt = at;
  }

  /** Resolves after a look that began no earlier than this call; those who wait meanwhile share the next. */
  function lookAfresh(): Promise<void> {
    if (looking === undefined) {
      looking = look().finally(() => {
        looking = undefined;
      });
      return looking;
    }
    next ??= looking
      .catch(() => {})
      .then(() => {
        next = undefined;
        return lookAfresh();
      });
    return next;
  }

  return {
    placeOf,
    async list(number) {
      await lookAfresh();
      return number <= newestList ? bits.list(number) : undefined;
    },
    async lists() {
      await lookAfresh();
      return Array.from({ length: newestList + 1 }, (_, number) => number);
    },
    async start() {
      place = statusPlaces(await store.requireSecret());
      await lookAfresh();
    },
  };
}
