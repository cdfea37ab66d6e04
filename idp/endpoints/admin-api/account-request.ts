// A new account as an operator describes it. Claims are those of OpenID Connect Core §5.1 and no
// others: an unknown one would be kept and never said.
import { z } from "zod";
import { text } from "./words.ts";

const claim = text(500);

const Address = z.strictObject({
  formatted: z.string().min(1).max(1_000).optional(),
  street_address: z.string().min(1).max(500).optional(),
  locality: claim.optional(),
  region: claim.optional(),
  postal_code: claim.optional(),
  country: claim.optional(),
});

const StandardClaims = z.strictObject({
  given_name: claim.optional(),
  family_name: claim.optional(),
  middle_name: claim.optional(),
  nickname: claim.optional(),
  preferred_username: claim.optional(),
  profile: z.url({ protocol: /^https?$/ }).optional(),
  picture: z.url({ protocol: /^https?$/ }).optional(),
  website: z.url({ protocol: /^https?$/ }).optional(),
  gender: claim.optional(),
  birthdate: z
    .string()
    .regex(/^\d{4}(-\d{2}-\d{2})?$/, "must be YYYY-MM-DD or YYYY")
    .optional(),
  zoneinfo: claim.optional(),
  locale: claim.optional(),
  phone_number: claim.optional(),
  phone_number_verified: z.boolean().optional(),
  address: Address.optional(),
});

/** What the account says itself: allowed among the claims when it says the same. */
const OwnClaims = z.strictObject({
  ...StandardClaims.shape,
  name: z.string().optional(),
  email: z.string().optional(),
  email_verified: z.boolean().optional(),
  /** Signet keeps its own time of the last change. */
  updated_at: z.number().optional(),
});

export const NewAccount = z
  .strictObject({
    email: z.email().max(254),
    name: text(200),
    admin: z.boolean().default(false),
    key_admin: z.boolean().default(false),
    claims: OwnClaims.default({}),
    password: z.string().min(1).max(1_024).optional(),
  })
  .superRefine(({ email, name, claims }, problem) => {
    if (claims.email !== undefined && claims.email !== email)
      problem.addIssue({
        code: "custom",
        path: ["claims", "email"],
        message: "differs from email",
      });
    if (claims.name !== undefined && claims.name !== name)
      problem.addIssue({ code: "custom", path: ["claims", "name"], message: "differs from name" });
  })
  .transform(({ claims, ...account }) => {
    const { name: _name, email: _email, updated_at: _time, email_verified, ...standard } = claims;
    return { ...account, emailVerified: email_verified ?? false, claims: standard };
  });
