// Which standard claims about a person each scope opens (OpenID Connect Core §5.1, §5.4).

/** What is known about a person, as far as claims go. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly emailVerified: boolean;
  /** Further standard claims in wire spelling. Stored as JSON, so its types are checked here. */
  readonly claims: unknown;
  readonly updatedAt: Date;
}

const profileClaims = [
  "family_name",
  "given_name",
  "middle_name",
  "nickname",
  "preferred_username",
  "profile",
  "picture",
  "website",
  "gender",
  "birthdate",
  "zoneinfo",
  "locale",
] as const;

const addressMembers = [
  "formatted",
  "street_address",
  "locality",
  "region",
  "postal_code",
  "country",
] as const;

/** For `claims_supported` in discovery: everything an ID token or the UserInfo answer may carry. */
export const SUPPORTED_CLAIMS: readonly string[] = [
  "iss",
  "sub",
  "aud",
  "exp",
  "iat",
  "auth_time",
  "nonce",
  "acr",
  "amr",
  "at_hash",
  "sid",
  "name",
  ...profileClaims,
  "updated_at",
  "email",
  "email_verified",
  "address",
  "phone_number",
  "phone_number_verified",
];

const OPENED_BY: ReadonlyMap<string, string> = new Map([
  ...["name", ...profileClaims, "updated_at"].map((claim) => [claim, "profile"] as const),
  ...["email", "email_verified"].map((claim) => [claim, "email"] as const),
  ["address", "address"],
  ...["phone_number", "phone_number_verified"].map((claim) => [claim, "phone"] as const),
]);

/** The claims about a person that exist here, as opposed to those about the token itself. */
export const isPersonClaim = (claim: string): boolean => OPENED_BY.has(claim);

/** The scopes of which these single claims are parts: whoever may not ask for a scope gets none of it. */
export const scopesOfClaims = (claims: readonly string[]): string[] => [
  ...new Set(claims.flatMap((claim) => OPENED_BY.get(claim) ?? [])),
];

/**
 * The claims about a person that were asked for one by one (§5.5).
 * @param allowed  the scopes that the client may ask for
 */
export function claimsByName(
  person: Person,
  names: readonly string[],
  allowed: readonly string[],
): Record<string, unknown> {
  const all = claimsForScopes(
    person,
    scopesOfClaims(names).filter((one) => allowed.includes(one)),
  );
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
}

/** The claims about a person that these scopes open. `sub` is not among them: the caller adds it. */
export function claimsForScopes(
  person: Person,
  scopes: readonly string[],
): Record<string, unknown> {
  const stored = asRecord(person.claims);
  const claims: Record<string, unknown> = {};
  if (scopes.includes("profile")) {
    claims.name = person.name;
    Object.assign(claims, stringsOf(stored, profileClaims));
    claims.updated_at = Math.floor(person.updatedAt.getTime() / 1000);
  }
  if (scopes.includes("email")) {
    claims.email = person.email;
    claims.email_verified = person.emailVerified;
  }
  if (scopes.includes("address")) {
    // §5.1.1: an object; a person without an address has no such claim.
    const address = stringsOf(asRecord(stored.address), addressMembers);
    if (Object.keys(address).length > 0) claims.address = address;
  }
  if (scopes.includes("phone") && isText(stored.phone_number)) {
    claims.phone_number = stored.phone_number;
    claims.phone_number_verified = stored.phone_number_verified === true;
  }
  return claims;
}

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};

/** Members that are absent, empty or ill-typed are left out (§5.3.2). */
const stringsOf = (from: Record<string, unknown>, names: readonly string[]) =>
  Object.fromEntries(names.filter((name) => isText(from[name])).map((name) => [name, from[name]]));
