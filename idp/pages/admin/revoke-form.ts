// The form that throws a key out: what may be chosen, and what is missing from what was sent. Nothing is
// chosen for anybody, least of all by the address of the page.
import { z } from "zod";
import type { KeyView } from "../../../keys/key-view.ts";
import { near, shortKey } from "../../http/words.ts";
import { isPlainText } from "../../protocol/plain-text.ts";
import { LONGEST_REASON } from "./reason-field.ts";
import type { KeyChoice, RevokeProblems } from "./revoke-model.ts";

const RefreshTokens = z.enum(["keep", "end"]);

/** As it was sent; what is wrong is told field by field. */
export const RevokeFields = z.object({
  kid: z.string().max(100).optional().catch(undefined),
  refresh_tokens: RefreshTokens.optional().catch(undefined),
  reason: z.string().trim().optional(),
});
export type RevokeFields = z.output<typeof RevokeFields>;

export interface Revocation {
  readonly kid: string;
  readonly refreshTokens: "keep" | "end";
  readonly reason: string;
}

export type ReadRevocation =
  | { readonly kind: "complete"; readonly revocation: Revocation }
  | { readonly kind: "incomplete"; readonly problems: RevokeProblems };

export function readRevocation(
  { kid, refresh_tokens: refreshTokens, reason = "" }: RevokeFields,
  choices: readonly KeyChoice[],
): ReadRevocation {
  const isKnown = choices.some(({ key }) => key.kid === kid);
  const wrongReason = problemOf(reason);
  if (kid !== undefined && isKnown && refreshTokens !== undefined && wrongReason === undefined)
    return { kind: "complete", revocation: { kid, refreshTokens, reason } };
  return {
    kind: "incomplete",
    problems: {
      ...(!isKnown && { kid: "Choose the key that is to go." }),
      ...(refreshTokens === undefined && {
        refreshTokens: "Choose whether people stay connected. Nobody chooses this for you.",
      }),
      ...(wrongReason !== undefined && { reason: wrongReason }),
    },
  };
}

function problemOf(reason: string): string | undefined {
  if (reason === "") return "Say why. Whoever looks into it later reads only this.";
  if (reason.length > LONGEST_REASON) return `Say it in at most ${LONGEST_REASON} characters.`;
  return isPlainText(reason) ? undefined : "Say it in one line of plain text.";
}

const ORDER = { active: 0, pending: 1, retiring: 2, retired: 3, revoked: 4 } as const;
/** Older ones have been gone for longer than anything that they signed. */
const MOST_RETIRED = 3;

/** The keys that can be thrown out, what signs first, and what becomes of the place of each. */
export function keyChoices(keys: readonly KeyView[], now: Date): KeyChoice[] {
  const newestFirst = [...keys].sort((a, b) => b.publishedAt.getTime() - a.publishedAt.getTime());
  const retired = newestFirst.filter(({ state }) => state === "retired").slice(0, MOST_RETIRED);
  return newestFirst
    .filter((key) => key.state !== "revoked" && (key.state !== "retired" || retired.includes(key)))
    .sort((a, b) => ORDER[a.state] - ORDER[b.state])
    .map((key) => ({ key, consequence: consequenceOf(key, keys, now) }));
}

function consequenceOf(key: KeyView, keys: readonly KeyView[], now: Date): string {
  const heir = keys.find(({ alg, state }) => alg === key.alg && state === "pending");
  switch (key.state) {
    case "active":
      return heir
        ? `Signs everything new. ${shortKey(heir.kid)} signs instead, from this very moment.`
        : "Signs everything new. A fresh key signs instead, from this very moment.";
    case "pending":
      return "Has signed nothing yet. A fresh key takes its place, and its waiting time begins again.";
    case "retiring":
      return `Signs nothing any more. What it did sign counts until ${key.leavesAt ? near(key.leavesAt, now) : "it leaves"}, or no longer.`;
    default:
      return "Gone from the key set already. It no longer counts as a hint of who was signed in, either.";
  }
}
