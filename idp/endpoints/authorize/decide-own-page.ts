import type { Interaction } from "../../records/interactions/interaction.ts";
import type { OwnPageRequest } from "../../records/interactions/interaction-request.ts";
import type { SignedIn } from "./decide.ts";

/** How long an authentication made for this very page counts, whatever age the page asks for. */
const JUST_NOW_SECONDS = 60;

/** What comes next for one of our own pages: somebody signs in, or the page is shown. */
export function decideOwnPage(
  request: OwnPageRequest,
  session: SignedIn | undefined,
  progress: Pick<Interaction, "sessionId" | "authenticatedAt">,
  now: Date,
): "sign-in" | "go-on" {
  if (!session) return "sign-in";
  if (request.maxAgeSeconds === undefined) return "go-on";
  const wasAuthenticatedHere =
    progress.authenticatedAt !== undefined && progress.sessionId === session.id;
  const allowedSeconds = wasAuthenticatedHere
    ? Math.max(request.maxAgeSeconds, JUST_NOW_SECONDS)
    : request.maxAgeSeconds;
  const ageSeconds = (now.getTime() - session.authenticatedAt.getTime()) / 1000;
  return ageSeconds <= allowedSeconds ? "go-on" : "sign-in";
}
