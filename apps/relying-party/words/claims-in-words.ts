// What each claim of an access token says, in plain words (RFC 9068 §2.2, RFC 7519 §4.1). A claim
// that is not known here is shown as it is, without an explanation.
import type { TokenStanding } from "../token-status.ts";
import { clockTime, dayOf, shortDay } from "./calendar.ts";
import { span, spanOf } from "./time-in-words.ts";

export interface ClaimInWords {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
  /** An identifier, to be compared letter by letter: set in mono. */
  readonly isExact?: boolean;
}

type Payload = Readonly<Record<string, unknown>>;
type Reading = (
  payload: Payload,
  now: Date,
  standing: TokenStanding | undefined,
) => Omit<ClaimInWords, "name">;

const exact =
  (claim: string, note: string): Reading =>
  (payload) => ({ value: text(payload[claim]), note, isExact: true });
const words =
  (claim: string, note: string): Reading =>
  (payload) => ({ value: text(payload[claim]), note });
const moment =
  (claim: string, note: (payload: Payload) => string): Reading =>
  (payload, now) => ({ value: when(payload[claim], now), note: note(payload) });

/** In the order in which they are told. */
const READINGS: Readonly<Record<string, Reading>> = {
  sub: exact("sub", "you; no name and no e-mail inside"),
  iss: words("iss", "who sealed it"),
  aud: words("aud", "who may accept it: this site and nobody else"),
  client_id: words("client_id", "the site that asked for it"),
  scope: words("scope", "what it may be used for"),
  exp: moment("exp", (payload) => `when it ends, ${lifetime(payload)} after it was made`),
  iat: moment("iat", () => "when it was made"),
  auth_time: moment("auth_time", () => "when you last signed in"),
  acr: words("acr", "how surely Signet knew you: “pwd” is a password"),
  amr: words("amr", "what you used to sign in"),
  jti: exact("jti", "its own serial number"),
  status: (payload, now, standing) =>
    standing
      ? {
          value: `entry ${standing.index.toLocaleString("en-GB")}: valid`,
          note: `list fetched ${clockTime(standing.listFetchedAt)}, ${span(standing.listFetchedAt, now)} ago`,
        }
      : { value: text(payload.status), note: "where to see whether it was taken back" },
  grant_id: exact("grant_id", "the permission it hangs on; taking that back ends it"),
};

const HEADER_NOTES: Readonly<Record<string, string>> = {
  alg: "the only way of sealing we accept",
  typ: "an access token, nothing else",
};

/** @param standing  what the status list says of the token, where one was looked at */
export function claimsInWords(
  payload: Payload,
  now: Date,
  standing?: TokenStanding,
): ClaimInWords[] {
  const known = Object.entries(READINGS)
    .filter(([name]) => Object.hasOwn(payload, name))
    .map(([name, read]) => ({ name, ...read(payload, now, standing) }));
  const others = Object.keys(payload)
    .filter((name) => !Object.hasOwn(READINGS, name))
    .map((name) => ({ name, value: text(payload[name]) }));
  return [...known, ...others];
}

export const headerInWords = (header: Payload, keyNote: string): ClaimInWords[] =>
  Object.keys(header).map((name) => {
    const note = name === "kid" ? keyNote : HEADER_NOTES[name];
    return { name, value: text(header[name]), isExact: name === "kid", ...(note && { note }) };
  });

function text(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) {
    return value.join(", ");
  }
  return JSON.stringify(value) ?? "";
}

/** A NumericDate (RFC 7519 §2) as a time of day, with the day when it is not today. */
function when(value: unknown, now: Date): string {
  if (typeof value !== "number" || !Number.isFinite(value)) return text(value);
  const at = new Date(value * 1000);
  const time = clockTime(at);
  return dayOf(at) === dayOf(now) ? time : `${shortDay(dayOf(at))}, ${time}`;
}

function lifetime({ exp, iat }: Payload): string {
  return typeof exp === "number" && typeof iat === "number" ? spanOf(exp - iat) : "some time";
}
