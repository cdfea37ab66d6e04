import { errors } from "undici";
import { AddressNotAllowed } from "./call-target.ts";

/**
 * Why a call came to nothing, in few words that repeat nothing of what the other side sent: they are
 * kept in the database and shown on pages.
 */
export function callProblem(error: unknown, timeoutMilliseconds: number): string {
  if (error instanceof AddressNotAllowed) return "address not allowed";
  if (isTimeout(error)) return `no answer within ${timeoutMilliseconds / 1000} s`;
  if (TOO_LONG.some((kind) => error instanceof kind)) return "the answer is too long";
  const code = codeOf(error);
  if (code === "ECONNREFUSED") return "connection refused";
  if (NAME_CODES.has(code)) return "the name is not known";
  if (ROUTE_CODES.has(code)) return "no way to the address";
  if (isCertificateCode(code)) return "the certificate is not trusted";
  return "connection lost";
}

const TOO_LONG = [errors.ResponseExceededMaxSizeError, errors.HeadersOverflowError];
const NAME_CODES = new Set(["ENOTFOUND", "EAI_AGAIN", "EAI_NODATA", "ENODATA"]);
const ROUTE_CODES = new Set(["EHOSTUNREACH", "ENETUNREACH", "EADDRNOTAVAIL", "EHOSTDOWN"]);

const isTimeout = (error: unknown): boolean =>
  (error instanceof DOMException && ["TimeoutError", "AbortError"].includes(error.name)) ||
  error instanceof errors.ConnectTimeoutError ||
  codeOf(error) === "ETIMEDOUT";

/** As OpenSSL and Node's TLS name what they dislike. */
const isCertificateCode = (code: string): boolean =>
  code.startsWith("ERR_TLS_") ||
  code.includes("CERT") ||
  code.startsWith("UNABLE_TO_") ||
  code === "SELF_SIGNED_CERT_IN_CHAIN";

/** Several addresses fail together in one error; the first speaks for all. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if (error instanceof Error && "code" in error) return String(error.code);
  return "";
}
