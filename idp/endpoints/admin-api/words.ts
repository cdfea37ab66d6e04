// What several requests of the admin API have in common.
import { z } from "zod";
import { isPlainText } from "../../protocol/plain-text.ts";

/** Text that people read later; a control character in it could forge a line on a terminal. */
export const text = (most: number) =>
  z.string().trim().min(1).max(most).refine(isPlainText, "must not contain control characters");

/** Why an operator did it, as the audit keeps it. */
export const reason = text(500);

export const WithReason = z.strictObject({ reason });
export const PerhapsReason = z.strictObject({ reason: reason.optional() });
