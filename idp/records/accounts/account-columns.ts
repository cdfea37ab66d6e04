// An account's profile as one part of a larger statement's row: `a` is the account's alias there.
import { asObject } from "../json.ts";
import type { AccountProfile } from "./account.ts";

/** Null throughout where the statement joined no account. */
export interface AccountColumns {
  account_id: string | null;
  account_email: string;
  account_emailVerified: boolean;
  account_name: string;
  account_claims: unknown;
  account_isAdmin: boolean;
  account_isKeyAdmin: boolean;
  account_isDemo: boolean;
  account_createdAt: Date;
  account_updatedAt: Date;
}

export const accountColumns = `
  a."id" AS "account_id", a."email" AS "account_email", a."emailVerified" AS "account_emailVerified",
  a."name" AS "account_name", a."claims" AS "account_claims", a."isAdmin" AS "account_isAdmin",
  a."isKeyAdmin" AS "account_isKeyAdmin", a."isDemo" AS "account_isDemo",
  a."createdAt" AS "account_createdAt", a."updatedAt" AS "account_updatedAt"`;

export const profileOf = (row: AccountColumns & { account_id: string }): AccountProfile => ({
  id: row.account_id,
  email: row.account_email,
  emailVerified: row.account_emailVerified,
  name: row.account_name,
  claims: asObject(row.account_claims),
  isAdmin: row.account_isAdmin,
  isKeyAdmin: row.account_isKeyAdmin,
  isDemo: row.account_isDemo,
  createdAt: row.account_createdAt,
  updatedAt: row.account_updatedAt,
});
