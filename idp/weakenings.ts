// Settings that make Signet weaker than it is by itself. Each is there for a reason, and whoever runs
// it is told at every start and on the console what it costs.
import type { Settings } from "./settings.ts";

export interface Weakening {
  /** As it stands in the environment. */
  readonly setting: string;
  readonly title: string;
  /** What it costs, and what to do when it is not needed any more. */
  readonly text: string;
}

export function weakenings(
  settings: Pick<Settings, "PKCE_FOR" | "ASSERTION_AUDIENCE" | "REGISTRATION">,
): Weakening[] {
  const chosen: Weakening[] = [];
  if (settings.PKCE_FOR === "public") chosen.push(PKCE_FOR_PUBLIC);
  if (settings.ASSERTION_AUDIENCE !== "issuer") chosen.push(ASSERTION_AUDIENCE_TOKEN_ENDPOINT);
  if (settings.REGISTRATION === "open") chosen.push(REGISTRATION_OPEN);
  return chosen;
}

const PKCE_FOR_PUBLIC: Weakening = {
  setting: "PKCE_FOR=public",
  title: "Confidential clients may sign people in without PKCE.",
  text: "PKCE_FOR is public. A code stolen on its way can then be put into another sign-in with the same client. Unset it when every client sends a code_challenge.",
};

const ASSERTION_AUDIENCE_TOKEN_ENDPOINT: Weakening = {
  setting: "ASSERTION_AUDIENCE=issuer-or-token-endpoint",
  title: "Clients may address their assertions to the token endpoint.",
  text: "ASSERTION_AUDIENCE is issuer-or-token-endpoint. A provider that is not honest can then have a client sign an assertion that counts here. Unset it when every client writes the issuer.",
};

const REGISTRATION_OPEN: Weakening = {
  setting: "REGISTRATION=open",
  title: "Anybody may register a client.",
  text: "REGISTRATION is open. Whoever registers chooses the name that people read on the consent page. Set it to token, and give those who need it a token of signet registration-tokens.",
};
