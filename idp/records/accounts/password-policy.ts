// Which passwords people may choose (NIST SP 800-63B-4 §3.1.1.2, security P2): long ones, of any
// characters, never truncated, normalised in one way (Unicode NFC) before anything else.

export const SHORTEST_CHARACTERS = 15;
const LONGEST_CHARACTERS = 256;
const LONGEST_BYTES = 1024;
/** Of a name or an address, what is long enough to be a hint. */
const SHORTEST_CONTEXT_WORD = 4;
/** What must remain beside such words. */
const SHORTEST_REMAINDER = 8;
const FEWEST_DIFFERENT_CHARACTERS = 5;

export const normalizePassword = (password: string): string => password.normalize("NFC");

/** @returns what is wrong with a new password, in words for the person; undefined when nothing is */
export function checkNewPassword(
  password: string,
  person: { email: string; name: string },
): string | undefined {
  const normalized = normalizePassword(password);
  const characters = [...normalized];
  if (characters.length < SHORTEST_CHARACTERS) {
    return `Please use at least ${SHORTEST_CHARACTERS} characters. A few words in a row work well.`;
  }
  if (characters.length > LONGEST_CHARACTERS || Buffer.byteLength(normalized) > LONGEST_BYTES) {
    return `Please use at most ${LONGEST_CHARACTERS} characters.`;
  }
  if (new Set(characters).size < FEWEST_DIFFERENT_CHARACTERS) {
    return "Please use more than a few characters repeated.";
  }
  if ([...withoutContext(normalized, person)].length < SHORTEST_REMAINDER) {
    return "Please choose something that is not made of your name or e-mail address.";
  }
  return undefined;
}

/** What is left of a password without what anyone knows of the person. */
function withoutContext(password: string, { email, name }: { email: string; name: string }) {
  const words = `${email} ${name} signet`
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length >= SHORTEST_CONTEXT_WORD)
    .sort((a, b) => b.length - a.length);
  return words.reduce((rest, word) => rest.replaceAll(word, ""), password.toLowerCase());
}
