// What happened to the keys, as sentences: who did what, when and why, from the audit. Reasons and
// names were typed by people; templates escape them (security D4).
import { shortKey } from "../../http/words.ts";
import type { AuditKind, RecordedEvent } from "../../records/audit/audit-event.ts";
import { counted } from "./console-words.ts";

export const KEY_EVENTS: readonly AuditKind[] = [
  "keys.created",
  "keys.began",
  "keys.rotated",
  "keys.retired",
  "keys.revoked",
  "keys.revocation-requested",
  "keys.revocation-refused",
  "keys.rewrapped",
  "keys.drilled",
];

export interface HistoryEntry {
  readonly at: Date;
  readonly what: string;
  readonly who: string;
  readonly why?: string;
  /** Somebody's key was thrown out, or that was asked for: it stands out. */
  readonly isGrave: boolean;
}

/** Names by account id, as far as the accounts still exist. */
export type AccountNames = ReadonlyMap<string, string>;

/** The account behind an actor, if it is one. */
export const accountOf = (actor: string): string | undefined => /^account:(.+)$/.exec(actor)?.[1];

export function keyHistory(
  events: readonly RecordedEvent[],
  names: AccountNames,
): readonly HistoryEntry[] {
  return events.map((event) => {
    const { at, kind, actor, reason } = event;
    const isScheduled = actor === "system" && reason === "scheduled";
    return {
      at,
      what: sentenceOf(event),
      who: isScheduled ? "by schedule" : whoIs(actor, names),
      ...(reason !== undefined && !isScheduled && { why: reason }),
      isGrave: kind === "keys.revoked" || kind === "keys.revocation-requested",
    };
  });
}

export function whoIs(actor: string, names: AccountNames): string {
  if (actor === "operator-token") return "operator token";
  if (actor === "system") return "Signet itself";
  const id = accountOf(actor);
  return (id !== undefined && names.get(id)) || actor;
}

function sentenceOf({ kind, details = {}, reason }: RecordedEvent): string {
  const kid = keyIn(details.kid);
  switch (kind) {
    case "keys.created":
      return `${keysIn(details.kids)} made.`;
    case "keys.began":
      return `${keysIn(details.kids)} began to sign.`;
    case "keys.rotated":
      return `Rotated: ${keyIn(details.activated)} took over from ${keyIn(details.retiring)}; ${keyIn(details.published)} was published.`;
    case "keys.retired":
      return `${keysIn(details.kids)} left the key set.`;
    case "keys.revoked":
      return `${kid} was thrown out.${replacedBy(details)}`;
    case "keys.revocation-requested":
      return `Asked to throw ${kid} out.`;
    case "keys.revocation-refused":
      return reason === "the same person"
        ? `Could not confirm alone that ${kid} is thrown out.`
        : `Decided against throwing ${kid} out.`;
    case "keys.rewrapped":
      return `${keysIn(details.kids)} sealed anew under ${text(details.kekId)}.`;
    case "keys.drilled":
      return drillIn(details);
    default:
      return kind;
  }
}

function replacedBy({ activated, published }: Readonly<Record<string, unknown>>): string {
  if (typeof activated === "string") return ` ${keyIn(activated)} signs since then.`;
  return typeof published === "string" ? ` ${keyIn(published)} was published in its place.` : "";
}

function drillIn({ kids, verified, failed }: Readonly<Record<string, unknown>>): string {
  const good = count(verified);
  const all = good + count(failed);
  if (all === 0) return "Drilled: no site can be asked.";
  return `Drilled with ${keysIn(kids)}: ${good} of ${counted(all, "probe")} verified.`;
}

const text = (value: unknown): string => (typeof value === "string" ? value : "?");
const count = (value: unknown): number => (typeof value === "number" ? value : 0);
const keyIn = (value: unknown): string => shortKey(text(value));

function keysIn(value: unknown): string {
  const kids = Array.isArray(value) ? value.map(keyIn) : [];
  if (kids.length === 0) return "No key";
  return kids.length > 4 ? `${kids.length} keys` : kids.join(", ");
}
