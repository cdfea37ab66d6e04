import { randomText } from "../protocol/random-text.ts";

/** The id of a new record: 128 random bits, so that none is ever met twice or guessed. Not a secret. */
export const newIdentifier = (): string => randomText(16);
