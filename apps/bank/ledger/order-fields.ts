// The fields of a transfer as they come from outside, each with its one sentence for whoever has to correct it.
import { z } from "zod";

const MOST_CHARACTERS = 80;
const MOST_CENTS = 100_000_000;

/** In minor units: cents. Whether it is there is for the books to say. */
export const Cents = z
  .int("Write an amount like 25 or 25.50.")
  .positive("Send at least one cent.")
  .max(MOST_CENTS, "That is more than we send at once.");

/** One line of text: no control characters, and none that would write the page the other way round. */
export const Reference = z
  .string()
  .transform((text) => text.normalize("NFC").trim())
  .pipe(
    z
      .string()
      .max(MOST_CHARACTERS, `Keep it to ${MOST_CHARACTERS} characters.`)
      .regex(/^\P{C}*$/u, "Use letters, digits and punctuation on one line."),
  );

/** What a person types: "25", "25.5", "25,50", "€25". "1,250" could mean two things, so it is asked again. */
export const TypedAmount = z
  .string()
  .trim()
  .regex(/^(?:€\s?)?\d{1,7}(?:[.,]\d{1,2})?$/, "Write an amount like 25 or 25.50.")
  .transform((text) => {
    const [whole = "", cents = ""] = text.replace(/^€\s?/, "").split(/[.,]/);
    return Number(whole) * 100 + Number(cents.padEnd(2, "0"));
  })
  .pipe(Cents);
