import type { VerifiedAccessToken } from "./access-token-verifier.ts";
import type { TokenStanding } from "./token-status.ts";

/** How much of the signature a page may show. The rest never leaves the server: without it the pass is worthless. */
const SHOWN_SIGNATURE_CHARACTERS = 24;

export type PassCheck = "signature" | "issuer" | "audience" | "freshness" | "type" | "status";

/** The pass taken apart, for the panel "How do we know it's you?". */
export interface PassReport {
  header: Record<string, unknown>;
  payload: Record<string, unknown>;
  encoded: { header: string; payload: string; signatureStart: string };
  /** The checks that ran and what each of them compared with. */
  checks: { name: PassCheck; detail: string }[];
  keyId: string;
  keySetFetchedAt: Date;
  /** When the signature was really checked; a repeated view may rest on that check. */
  verifiedAt: Date;
  tookMilliseconds: number;
  expiresAt: Date;
  /** The list that says that it has not been taken back; undefined when there was none to look at. */
  standing?: TokenStanding;
}

/** Describes a verified access token without its signature's end. */
export function reportPass(
  token: string,
  verified: VerifiedAccessToken,
  keySetFetchedAt: Date,
): PassReport {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const { claims, standing } = verified;
  const expiresAt = new Date(claims.exp * 1000);
  return {
    header: { ...verified.header },
    payload: { ...claims },
    encoded: { header, payload, signatureStart: signature.slice(0, SHOWN_SIGNATURE_CHARACTERS) },
    checks: [
      { name: "signature", detail: `${verified.header.alg} by key ${verified.header.kid}` },
      { name: "issuer", detail: claims.iss },
      { name: "audience", detail: claims.aud },
      { name: "freshness", detail: `until ${expiresAt.toISOString()}` },
      ...(standing ? [statusCheck(standing)] : []),
      { name: "type", detail: verified.header.typ },
    ],
    keyId: verified.header.kid,
    keySetFetchedAt,
    verifiedAt: verified.verifiedAt,
    tookMilliseconds: verified.tookMilliseconds,
    expiresAt,
    ...(standing && { standing }),
  };
}

const statusCheck = ({ index, listFetchedAt }: TokenStanding) => ({
  name: "status" as const,
  detail: `entry ${index}, list of ${listFetchedAt.toISOString()}`,
});
