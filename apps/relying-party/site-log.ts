import { type DestinationStream, type Logger, pino } from "pino";

/** A site's log: one JSON object per line, so that nobody's input can forge an entry. */
export function createSiteLogger(
  options: { level: string; site: string },
  destination?: DestinationStream,
): Logger {
  const settings = {
    level: options.level,
    base: { site: options.site },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError },
  };
  return destination ? pino(settings, destination) : pino(settings);
}

/**
 * An error without its fields: those of an OAuth client hold requests, answers and tokens. Messages and causes
 * say enough to find it.
 */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return typeof error === "string" ? error : { type: typeof error };
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
  };
}
