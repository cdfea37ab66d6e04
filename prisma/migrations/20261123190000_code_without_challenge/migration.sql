-- A confidential client may go without PKCE where PKCE_FOR says so.
ALTER TABLE "AuthorizationCode" ALTER COLUMN "codeChallenge" DROP NOT NULL;
