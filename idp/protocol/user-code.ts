// The code that a person reads off a device and types elsewhere (RFC 8628 §6.1): eight consonants, so that no
// word comes of it and nothing in it looks like something else. About 34 bits.
import { randomInt } from "node:crypto";

const ALPHABET = "BCDFGHJKLMNPQRSTVWXZ";
const LENGTH = 8;

/** As it is shown: `WDJB-MJHT`. */
export const newUserCode = (): string =>
  inGroups(Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join(""));

/**
 * What somebody typed, as it is shown; capitals, dashes and spaces are forgiven.
 * @returns undefined when it cannot be a user code
 */
export function canonicalUserCode(typed: string): string | undefined {
  const letters = typed.toUpperCase().replace(/[\s\p{Pd}]/gu, "");
  const isCode = letters.length === LENGTH && [...letters].every((one) => ALPHABET.includes(one));
  return isCode ? inGroups(letters) : undefined;
}

const inGroups = (letters: string) =>
  `${letters.slice(0, LENGTH / 2)}-${letters.slice(LENGTH / 2)}`;
