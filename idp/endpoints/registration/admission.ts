// Who may register a client (RFC 7591 §3): whoever has an initial access token, and with
// REGISTRATION=open anybody, so many an hour.
import { bearerToken } from "../../protocol/bearer-token.ts";
import { hashOf, matchesHash } from "../../protocol/credential.ts";
import { invalidToken } from "../../protocol/oauth-error.ts";
import type { InitialAccessTokenStore } from "../../records/clients/initial-access-token-store.ts";
import { type Admission, STRANGER } from "../../records/clients/registration-store.ts";

export interface AdmissionDeps {
  readonly config: {
    /** The one that the settings name. */
    readonly registrationToken?: string;
    readonly registration: "closed" | "token" | "open";
  };
  readonly initialAccessTokens: Pick<InitialAccessTokenStore, "find">;
}

/**
 * Nothing is spent here: a description that is refused later costs no use.
 * @param authorization  the header, empty when absent
 * @returns undefined for a wrong token
 * @throws OAuthError when no token came, or none that can be read
 */
export type FindAdmission = (authorization: string, now: Date) => Promise<Admission | undefined>;

export function findAdmission({ config, initialAccessTokens }: AdmissionDeps): FindAdmission {
  const { registrationToken, registration } = config;
  const configuredHash = registrationToken === undefined ? undefined : hashOf(registrationToken);

  return async (authorization, now) => {
    if (registration === "open" && authorization === "") return { kind: "open" };
    const token = bearerToken({ authorization });
    if (configuredHash !== undefined && matchesHash(token, configuredHash))
      return { kind: "configured-token" };
    const found = await initialAccessTokens.find(token, now);
    return found && { kind: "initial-access-token", id: found.id };
  };
}

/** How the audit names whoever was let in. */
export function actorOf(admission: Admission): string {
  if (admission.kind === "open") return STRANGER;
  if (admission.kind === "configured-token") return "registration-token";
  return `initial-access-token:${admission.id}`;
}

export const notAdmitted = () => invalidToken("The initial access token is not valid");
