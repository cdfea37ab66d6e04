// How a change of the keys is refused: with an error of our own, and the time at which it may go through.
import type { Context } from "koa";
import { sendJson } from "../../http/respond.ts";
import type { AuditStore } from "../../records/audit/audit-store.ts";

export interface KeyLimitDeps {
  audit: Pick<AuditStore, "list">;
  clock: { now(): Date };
}

const ONE_DAY_SECONDS = 86_400;
/** More than anybody may do in a day. */
const MOST_LOOKED_AT = 500;

export function sendRefusal(
  ctx: Context,
  status: 404 | 409 | 410 | 429,
  error: string,
  description: string,
  more: object = {},
): void {
  sendJson(ctx, { error, error_description: description, ...more }, { status });
}

export const sendLostRace = (ctx: Context): void =>
  sendRefusal(
    ctx,
    409,
    "lost_race",
    "Somebody else changed the keys at the same moment; nothing more was changed",
  );

/** 429 with the seconds until one of today's changes is a day old (security D1; RFC 6585 §4). */
export async function sendLimitReached(
  ctx: Context,
  { audit, clock }: KeyLimitDeps,
  most: number,
): Promise<void> {
  const now = clock.now().getTime();
  const pages = await Promise.all(
    (["keys.rotated", "keys.revoked"] as const).map((kind) =>
      audit.list({ limit: MOST_LOOKED_AT, kind }),
    ),
  );
  const ends = pages
    .flat()
    .filter(({ actor }) => actor !== "system")
    .map(({ at }) => at.getTime() + ONE_DAY_SECONDS * 1000)
    .sort((a, b) => b - a);
  const seconds = Math.max(1, Math.ceil(((ends[most - 1] ?? now) - now) / 1000));
  ctx.set("Retry-After", String(seconds));
  sendRefusal(
    ctx,
    429,
    "limit_reached",
    `The keys have been changed ${most} times within 24 hours, and may not be more often`,
  );
}
