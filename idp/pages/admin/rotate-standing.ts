// Whether the keys may be rotated now, and if not, why: said before anybody presses the button.
import type { KeyReadiness } from "../../../keys/key-readiness.ts";
import type { KeyView } from "../../../keys/key-view.ts";
import { listed } from "./console-words.ts";
import { waitedFor } from "./site-rows.ts";

const ONE_DAY_MS = 86_400_000;

export type RotateStanding =
  | { readonly kind: "safe"; readonly reason: string }
  /** Safe from then, or as soon as these sites have the next key. */
  | {
      readonly kind: "too-early";
      readonly reason: string;
      readonly safeFrom: Date;
      readonly sites?: string;
      /** Of the sites that are named. */
      readonly several?: boolean;
    }
  /** As many changes as a day may have; the next one from then. */
  | { readonly kind: "limit-reached"; readonly reason: string; readonly from: Date };

export interface RotateQuestion {
  readonly readiness: KeyReadiness;
  readonly keys: readonly KeyView[];
  /** When people rotated or threw out within the last 24 hours, the newest first. */
  readonly changesToday: readonly Date[];
  readonly changesPerDay: number;
  readonly now: Date;
}

export function rotateStanding(question: RotateQuestion): RotateStanding {
  const { readiness, keys, changesToday, changesPerDay, now } = question;
  const { safeFrom, spreadBy, mayRotate } = readiness;
  const first = changesToday[changesPerDay - 1];
  if (first !== undefined) {
    const often = changesPerDay === 1 ? "once" : `${changesPerDay} times`;
    const reason = `The keys were changed ${often} within 24 hours, and may not be more often.`;
    return { kind: "limit-reached", reason, from: new Date(first.getTime() + ONE_DAY_MS) };
  }
  const isYoung = keys.some((key) => key.state === "pending" && key.safeFrom && key.safeFrom > now);
  const waiting = isYoung ? waitedFor(readiness) : [];
  if (waiting.length > 0) {
    const sites = listed(waiting);
    const several = waiting.length > 1;
    const reason = `${sites} would meet a seal ${several ? "they have" : "it has"} never seen.`;
    return { kind: "too-early", reason, safeFrom, sites, several };
  }
  if (spreadBy) {
    const reason =
      "No site has obtained a token lately that could say whether it has the next key.";
    return { kind: "too-early", reason, safeFrom: spreadBy };
  }
  if (!mayRotate) {
    const reason = "As many keys are published as sites take; the next one has to leave first.";
    return { kind: "too-early", reason, safeFrom };
  }
  return { kind: "safe", reason: isYoung ? readyReason(readiness) : GROWN };
}

const GROWN = "Every site has had time to learn the next key.";

const readyReason = ({ sites }: KeyReadiness): string =>
  sites.some(({ counts }) => counts)
    ? "Every site that counts has the next key already."
    : "No site has obtained a token lately, and whoever kept the key set has the next key.";
