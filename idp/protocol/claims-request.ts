// The `claims` parameter (OpenID Connect Core §5.5): single claims that a client asks for by name, and what
// it insists on about the person and the authentication.
import { z } from "zod";
import { isPersonClaim } from "./claims.ts";
import { invalidRequest } from "./oauth-error.ts";

export interface ClaimsRequest {
  /** Names of claims about the person, for each place; only such as exist here. */
  readonly idToken: readonly string[];
  readonly userinfo: readonly string[];
  /** Only this person will do (§5.5.1). */
  readonly subject?: string | undefined;
  /** One of these or nothing (§5.5.1.1). */
  readonly essentialAcr?: readonly string[] | undefined;
}

/** §5.5.1. `null` is the ordinary wish; members that are not understood are ignored (§5.5). */
const Wish = z.looseObject({
  essential: z.boolean().optional(),
  value: z.unknown().optional(),
  values: z.array(z.unknown()).max(100).optional(),
});
type Wish = z.output<typeof Wish>;

const Wishes = z.record(z.string(), Wish.nullable());

const ClaimsParameter = z.looseObject({
  userinfo: Wishes.nullish(),
  id_token: Wishes.nullish(),
});

/** @throws OAuthError invalid_request */
export function parseClaims(text: string): ClaimsRequest {
  const { userinfo, id_token: idToken } = parsed(text);
  const subjects = [userinfo, idToken].flatMap((wishes) => wantedOf(wishes?.sub));
  // Two people cannot both be the one that the client means.
  if (new Set(subjects).size > 1) throw invalidRequest("claims asks for more than one sub");
  const acr = idToken?.acr;
  const acrValues = acr?.essential === true ? wantedOf(acr) : [];
  return {
    idToken: Object.keys(idToken ?? {}).filter(isPersonClaim),
    userinfo: Object.keys(userinfo ?? {}).filter(isPersonClaim),
    subject: subjects[0],
    essentialAcr: acrValues.length > 0 ? acrValues : undefined,
  };
}

function parsed(text: string): z.output<typeof ClaimsParameter> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalidRequest("claims is not JSON (OpenID Connect Core section 5.5)");
  }
  const result = ClaimsParameter.safeParse(json);
  if (result.success) return result.data;
  const path = result.error.issues[0]?.path.join(".") ?? "";
  throw invalidRequest(`claims is not as OpenID Connect Core section 5.5 has it: ${path || "it"}`);
}

/** The values that a wish allows; none said means any. */
function wantedOf(wish: Wish | null | undefined): string[] {
  const wanted = wish ? [wish.value, ...(wish.values ?? [])] : [];
  return wanted.filter((value) => typeof value === "string");
}
