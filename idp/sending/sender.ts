// Sends what the outbox holds: looks once a second, and at once when a change of this replica has put
// something there. Many replicas do so beside one another; the outbox shares the work out.
import type { Clock } from "../../prisma/clock.ts";
import type { ClaimedDelivery } from "../records/outbox/delivery.ts";
import type { DeliveryStore } from "../records/outbox/delivery-store.ts";
import { retryAt } from "./retry.ts";

const LOOK_EVERY_MS = 1_000;
const MOST_AT_ONCE = 32;
/** One client that never answers takes no more than this. */
const MOST_OF_ONE_CLIENT = 4;

/** @returns why it did not arrive; undefined when it did */
type Attempt = (delivery: ClaimedDelivery) => Promise<string | undefined>;

export interface SenderDeps {
  readonly deliveries: Pick<DeliveryStore, "claim" | "delivered" | "failed">;
  readonly attempt: Attempt;
  readonly clock: Clock;
  readonly logger: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
}

export interface Sender {
  /** Looks once a second from now on. */
  start(): void;
  /** Looks now: a change that somebody must hear of has been committed. */
  wake(): void;
  /** No longer looks by itself; resolves when what is under way has ended. */
  stop(): Promise<void>;
}

export function sender({ deliveries, attempt, clock, logger }: SenderDeps): Sender {
  const underWay = new Map<Promise<void>, string>();
  let looking: Promise<void> | undefined;
  let lookAgain = false;
  /** There may be more due than there was room for. */
  let isMore = false;
  let isFailing = false;
  let timer: NodeJS.Timeout | undefined;

  function wake(): void {
    lookAgain = true;
    looking ??= lookWhileAsked().finally(() => {
      looking = undefined;
    });
  }

  async function lookWhileAsked(): Promise<void> {
    while (lookAgain) {
      lookAgain = false;
      await look();
    }
  }

  async function look(): Promise<void> {
    const room = { most: MOST_AT_ONCE - underWay.size, each: MOST_OF_ONE_CLIENT, busy: busy() };
    try {
      const claimed = room.most > 0 ? await deliveries.claim(room, clock.now()) : [];
      isMore = claimed.length > 0 || room.most === 0;
      for (const delivery of claimed) begin(delivery);
      isFailing = false;
    } catch (error) {
      if (!isFailing) logger.warn({ err: error }, "the outbox cannot be read for the moment");
      isFailing = true;
    }
  }

  /** Clients with so much under way that nothing more of theirs begins now. */
  function busy(): string[] {
    const clientIds = [...underWay.values()];
    return [...new Set(clientIds)].filter(
      (id) => clientIds.filter((other) => other === id).length >= MOST_OF_ONE_CLIENT,
    );
  }

  function begin(delivery: ClaimedDelivery): void {
    const sending = send(delivery)
      // It stays due: whoever looks after it is no longer held attempts it again.
      .catch((error: unknown) => logger.warn({ err: error }, "a delivery was not attempted"))
      .finally(() => {
        underWay.delete(sending);
        if (isMore) wake();
      });
    underWay.set(sending, delivery.clientId);
  }

  async function send(delivery: ClaimedDelivery): Promise<void> {
    const problem = await attempt(delivery);
    const now = clock.now();
    if (problem === undefined) return deliveries.delivered(delivery, now);
    const { clientId, attempt: attempts } = delivery;
    logger.info({ clientId, attempts, problem }, "a delivery did not arrive");
    await deliveries.failed(delivery, { problem, nextAttemptAt: retryAt(attempts, now) });
  }

  /** Never twice at the same distance: replicas that started together drift apart. */
  function lookAfterAWhile(): void {
    const milliseconds = LOOK_EVERY_MS * (0.8 + 0.4 * Math.random());
    timer = setTimeout(() => {
      wake();
      lookAfterAWhile();
    }, milliseconds).unref();
  }

  return {
    start() {
      if (timer === undefined) lookAfterAWhile();
    },
    wake,
    async stop() {
      clearTimeout(timer);
      timer = undefined;
      isMore = false;
      await looking;
      isMore = false;
      await Promise.all(underWay.keys());
    },
  };
}
