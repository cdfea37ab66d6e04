// What happens to keys, as the audit is told of it.
import type { Orm } from "../prisma/database.ts";

/** A change that was made, and who made it. */
export interface KeyEvent {
  readonly at: Date;
  readonly kind:
    | "keys.created"
    | "keys.began"
    | "keys.rotated"
    | "keys.retired"
    | "keys.revoked"
    | "keys.rewrapped";
  readonly actor: string;
  readonly outcome: "success";
  readonly requestId?: string;
  readonly reason?: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Writes it in the transaction of the change; the wiring brings it, since keys know no audit. */
export type RecordKeyEvent = (orm: Orm, event: KeyEvent) => Promise<void>;
