import { randomBytes } from "node:crypto";

/** The id of a new record: 128 random bits, so that none is ever met twice or guessed. Not a secret. */
export const newIdentifier = (): string => randomBytes(16).toString("base64url");
