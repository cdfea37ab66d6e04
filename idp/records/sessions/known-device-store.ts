// Browsers in which a person has signed in before, each known by a cookie that outlives sessions. The
// cookie proves nothing and opens nothing: without it a sign-in is told of as one from a new device.
import type { Orm } from "../../../prisma/database.ts";
import { hashOf, isCredential } from "../../protocol/credential.ts";
import type { Cause } from "../audit/audit-event.ts";
import { causedBy, writeAudit } from "../audit/audit-store.ts";
import { secondsAfter } from "../lifetimes.ts";
import { deviceInWords } from "./device-words.ts";

/** As long as browsers keep a cookie at most (RFC 6265bis §5.5). */
const DEVICE_SECONDS = 400 * 86_400;
/** The one unseen for longest makes room: programs that keep no cookies sign in, too. */
const MOST_DEVICES = 50;

export interface SeenDevice {
  readonly accountId: string;
  readonly sessionId: string;
  /** The browser's cookie; absent where it keeps none. */
  readonly device?: string | undefined;
  readonly userAgent: string;
}

/** Until when the cookie that was seen now is worth keeping. */
export const deviceExpiresAt = (now: Date): Date => secondsAfter(now, DEVICE_SECONDS);

/**
 * Within the transaction of a sign-in, which holds the account's row, and before its own audit row: an
 * account's very first sign-in is from no new device.
 */
export async function recordDevice(
  orm: Orm,
  { accountId, sessionId, device, userAgent }: SeenDevice,
  now: Date,
  cause: Cause,
): Promise<void> {
  const isOurs = device !== undefined && isCredential("device", device);
  if (isOurs && (await seenAgain(orm, accountId, hashOf(device), now))) return;
  if (isOurs) await keep(orm, accountId, hashOf(device), now);
  if (!(await hasSignedInBefore(orm, accountId))) return;
  await writeAudit(orm, {
    at: now,
    kind: "sign-in.new-device",
    outcome: "success",
    accountId,
    sessionId,
    ...causedBy(cause),
    details: { device: deviceInWords(userAgent) },
  });
}

/** After this every browser is a new one to the account. */
export async function forgetDevices(orm: Orm, accountId: string): Promise<void> {
  await orm.knownDevice.deleteMany({ where: { accountId } });
}

async function seenAgain(orm: Orm, accountId: string, deviceHash: string, now: Date) {
  const { count } = await orm.knownDevice.updateMany({
    where: { accountId, deviceHash, expiresAt: { gt: now } },
    data: { lastSeenAt: now, expiresAt: deviceExpiresAt(now) },
  });
  return count > 0;
}

async function keep(orm: Orm, accountId: string, deviceHash: string, now: Date): Promise<void> {
  const seen = { firstSeenAt: now, lastSeenAt: now, expiresAt: deviceExpiresAt(now) };
  await orm.knownDevice.upsert({
    where: { accountId_deviceHash: { accountId, deviceHash } },
    create: { accountId, deviceHash, ...seen },
    update: seen,
  });
  const tooMany = await orm.knownDevice.findMany({
    where: { accountId },
    orderBy: [{ lastSeenAt: "desc" }, { deviceHash: "asc" }],
    skip: MOST_DEVICES,
    select: { deviceHash: true },
  });
  if (tooMany.length === 0) return;
  const hashes = tooMany.map((row) => row.deviceHash);
  await orm.knownDevice.deleteMany({ where: { accountId, deviceHash: { in: hashes } } });
}

const hasSignedInBefore = async (orm: Orm, accountId: string): Promise<boolean> =>
  (await orm.auditEvent.findFirst({
    where: { accountId, kind: "sign-in" },
    orderBy: { at: "asc" },
    select: { id: true },
  })) !== null;
