/** The database cannot be asked just now; the same question may succeed later (Z4: 503, not 500). */
export class DatabaseUnavailable extends Error {
  override readonly name = "DatabaseUnavailable";
}

// SQLSTATE classes that speak of the server and not of the statement: connection (08), resources
// such as connections and disk (53), operator intervention (57P), system error (58). And Prisma's
// codes for a server out of reach and for a transaction that could not be had in time.
const UNAVAILABLE_CODE = /^(08...|53...|57P..|58...|P1001|P1002|P1008|P1017|P2024|P2028)$/;

// PostgreSQL ends the connection with these, whatever the code: refused logins among them.
const UNAVAILABLE_SEVERITY = new Set(["FATAL", "PANIC"]);

const UNAVAILABLE_SOCKET = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOENT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EPIPE",
  "ETIMEDOUT",
]);

// What the adapters make of the same failures.
const UNAVAILABLE_KIND = new Set([
  "AuthenticationFailed",
  "ConnectionClosed",
  "DatabaseAccessDenied",
  "DatabaseDoesNotExist",
  "DatabaseNotReachable",
  "SocketTimeout",
  "TlsConnectionError",
  "TooManyConnections",
]);

// Failures that the drivers report in words only.
const UNAVAILABLE_MESSAGE =
  /connection terminated|timeout exceeded when trying to connect|connection error and is not queryable|query read timeout|pool after calling end|pglite is clos/i;

/** A failure of the server or the way to it becomes `DatabaseUnavailable`; any other stays itself. */
export function asDatabaseError(error: unknown): unknown {
  if (error instanceof DatabaseUnavailable || !isUnavailable(error)) return error;
  return new DatabaseUnavailable(`The database does not answer: ${reasonOf(error)}`, {
    cause: error,
  });
}

function isUnavailable(error: unknown): boolean {
  const { code, kind, severity, message } = featuresOf(error);
  return (
    (code !== undefined && (UNAVAILABLE_CODE.test(code) || UNAVAILABLE_SOCKET.has(code))) ||
    (severity !== undefined && UNAVAILABLE_SEVERITY.has(severity)) ||
    (kind !== undefined && UNAVAILABLE_KIND.has(kind)) ||
    UNAVAILABLE_MESSAGE.test(message)
  );
}

/** One line in words: Node reports a refused connection to several addresses without a message. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  const { code, kind, message } = featuresOf(error);
  return (message || code || kind || "unknown failure").split("\n", 1)[0] ?? "";
}

interface Features {
  code: string | undefined;
  kind: string | undefined;
  severity: string | undefined;
  message: string;
}

// Drivers put the SQLSTATE or errno on the error, Prisma's adapters one level down, as `cause`.
function featuresOf(error: unknown): Features {
  const own = recordOf(error);
  const cause = recordOf(own.cause);
  return {
    code: textOf(own.code) ?? textOf(cause.originalCode) ?? textOf(cause.code),
    kind: textOf(cause.kind),
    severity: textOf(own.severity) ?? textOf(cause.severity),
    message: textOf(own.message) || textOf(cause.originalMessage) || "",
  };
}

const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" ? value : undefined;
