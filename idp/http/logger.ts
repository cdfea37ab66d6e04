/**
 * Structured logs: one JSON object per line, UTC, so that a newline in somebody's input cannot
 * forge an entry (ASVS 16.4.1). Nothing secret is ever passed here; the redaction is the net below
 * the rope, for the day somebody logs a whole object.
 */
import { type DestinationStream, type Logger, pino } from "pino";

export type { Logger } from "pino";

const SECRET_MEMBERS = [
  "password",
  "code",
  "code_verifier",
  "client_secret",
  "client_assertion",
  "access_token",
  "refresh_token",
  "id_token",
  "id_token_hint",
  "token",
  "secret",
  "authorization",
  "cookie",
  "set-cookie",
];

export interface LoggerOptions {
  level: string;
  /** Where lines go; standard output when absent. */
  destination?: DestinationStream;
}

export const createLogger = ({ level, destination }: LoggerOptions): Logger =>
  pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: describeError },
      redact: {
        paths: SECRET_MEMBERS.flatMap((member) => [`["${member}"]`, `*["${member}"]`]),
        censor: "[redacted]",
      },
    },
    ...(destination ? [destination] : []),
  );

/** An error as far as it helps to find it: never its fields, which may carry the request. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { type: typeof error };
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}
