// What was typed into the form, carried across the sign-in page by the address that leads back. It is
// sealed to the browser: somebody else's link fills in nothing.
import { z } from "zod";
import { csrfToken } from "../../http/csrf.ts";
import { REVOKE_PATH } from "./key-paths.ts";
import { RevokeFields } from "./revoke-form.ts";

export const RevokeDraft = RevokeFields.extend({ draft: z.string().max(100).optional() });

/** @param browser  the cookie that outlives signing in again */
export function draftPath(browser: string | undefined, fields: RevokeFields): string {
  if (browser === undefined) return REVOKE_PATH;
  const query = new URLSearchParams(
    Object.entries(wordsOf(fields)).filter(([, value]) => value !== ""),
  );
  query.set("draft", sealOf(browser, fields));
  return `${REVOKE_PATH}?${query}`;
}

/** @returns the fields; none where this browser did not type them */
export function readDraft(
  browser: string | undefined,
  { draft, ...fields }: z.output<typeof RevokeDraft>,
): RevokeFields {
  return browser !== undefined && draft === sealOf(browser, fields) ? fields : {};
}

const wordsOf = ({ kid, refresh_tokens, reason }: RevokeFields) => ({
  kid: kid ?? "",
  refresh_tokens: refresh_tokens ?? "",
  reason: reason ?? "",
});

const sealOf = (browser: string, fields: RevokeFields): string =>
  csrfToken(browser, `revoke draft\0${JSON.stringify(wordsOf(fields))}`);
