// The panel "How do we know it's you?": a PassReport and a sign-in, put into words for a person.
// The words say only what the report proves; the end of the signature is not in it at all.
import type { PassCheck, PassReport } from "../pass-report.ts";
import type { SignedIn } from "../visit.ts";
import { clockTime, dayOf, shortDay } from "./calendar.ts";
import { type ClaimInWords, claimsInWords, headerInWords } from "./claims-in-words.ts";
import { span } from "./time-in-words.ts";

export interface CheckInWords {
  readonly fact: string;
  readonly detail: string;
  /** A value to be read exactly, set in mono after the detail. */
  readonly code?: string;
  readonly holds: boolean;
}

export interface ProofModel {
  readonly took: string;
  /** Whether the pass is past its time: only while Signet cannot be reached. */
  readonly hasExpired: boolean;
  readonly checks: readonly CheckInWords[];
  readonly encoded: PassReport["encoded"];
  readonly header: readonly ClaimInWords[];
  readonly payload: readonly ClaimInWords[];
  readonly signature: readonly ClaimInWords[];
}

export interface ProofFacts {
  readonly pass: PassReport;
  readonly signedIn: SignedIn;
  readonly siteName: string;
  readonly now: Date;
}

export function proofModel(facts: ProofFacts): ProofModel {
  const { pass, signedIn, siteName, now } = facts;
  const took = milliseconds(pass.tookMilliseconds);
  const keysAge = span(pass.keySetFetchedAt, now);
  return {
    took,
    hasExpired: pass.expiresAt <= now,
    checks: [
      ...pass.checks.map(({ name }) => checkInWords(name, facts)),
      {
        fact: signInInWords(signedIn.amr),
        detail: moment(signedIn.authenticatedAt, now),
        holds: true,
      },
    ],
    encoded: pass.encoded,
    header: headerInWords(pass.header, `in our copy of Signet’s keys, ${keysAge} old`),
    payload: claimsInWords(pass.payload, now, pass.standing),
    signature: [
      {
        name: "checked",
        value: preciseTime(pass.verifiedAt),
        note: `here, at ${siteName}, in ${took}`,
      },
      { name: "with", value: "our own copy of the keys", note: `fetched ${keysAge} ago` },
      { name: "asked", value: "nobody", note: "Signet could be asleep and this would still hold" },
    ],
  };
}

function checkInWords(name: PassCheck, { pass, siteName, now }: ProofFacts): CheckInWords {
  switch (name) {
    case "signature":
      return {
        fact: "The seal is Signet’s",
        detail: "key",
        code: shortened(pass.keyId),
        holds: true,
      };
    case "issuer":
      return {
        fact: "It comes from the Signet we trust",
        detail: hostOf(pass.payload.iss),
        holds: true,
      };
    case "audience":
      return {
        fact: `Made for ${siteName}, and only us`,
        detail: hostOf(pass.payload.aud),
        holds: true,
      };
    case "type":
      return {
        fact: "The right kind of pass",
        detail: "",
        code: String(pass.header.typ),
        holds: true,
      };
    case "freshness":
      return pass.expiresAt > now
        ? { fact: "Still fresh", detail: `${span(now, pass.expiresAt)} left`, holds: true }
        : {
            fact: `Was fresh until ${clockTime(pass.expiresAt)}`,
            detail: "Signet is not answering",
            holds: false,
          };
    case "status":
      return {
        fact: "Not taken back",
        detail: pass.standing ? `list is ${span(pass.standing.listFetchedAt, now)} old` : "",
        holds: true,
      };
  }
}

/** How the person signed in, by the methods of RFC 8176. */
function signInInWords(amr: readonly string[]): string {
  if (amr.includes("hwk") || amr.includes("pop")) return "You used a passkey";
  if (amr.includes("pwd")) return "You gave your password";
  return "You signed in at Signet";
}

/** "Zk9x…Q4": enough to compare with what Signet's own pages show. */
const shortened = (keyId: string) =>
  keyId.length > 8 ? `${keyId.slice(0, 4)}…${keyId.slice(-2)}` : keyId;

function hostOf(value: unknown): string {
  const text = String(value);
  return URL.canParse(text) ? new URL(text).host : text;
}

const moment = (at: Date, now: Date) =>
  dayOf(at) === dayOf(now)
    ? `today, ${clockTime(at).slice(0, 5)}`
    : `${shortDay(dayOf(at))}, ${clockTime(at).slice(0, 5)}`;

const preciseTime = (at: Date) =>
  `${clockTime(at)}.${String(at.getUTCMilliseconds()).padStart(3, "0")}`;

const milliseconds = (value: number) => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
