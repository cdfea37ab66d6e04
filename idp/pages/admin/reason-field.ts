// Why somebody did it, in their own words, as the audit keeps it.
import { z } from "zod";
import { isPlainText } from "../../protocol/plain-text.ts";

export const LONGEST_REASON = 500;

export const Reason = z
  .string()
  .trim()
  .max(LONGEST_REASON)
  .refine(isPlainText, "must not contain control characters");
