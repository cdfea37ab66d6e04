/** How a page of ours gets somebody: away to the sign-in page, and back to it (design 3). */
import type { Context } from "koa";
import { newCredential } from "../protocol/credential.ts";
import type { CookieJar } from "./cookies.ts";
import { redirectTo } from "./respond.ts";

/** Which page, and what it asks of whoever signs in; kept as the interaction's request. */
interface OwnPageAsked {
  readonly path: string;
  readonly maxAgeSeconds?: number | undefined;
  readonly because?: "everything-ended" | undefined;
}

export interface OwnPageDoorDeps {
  issuer: string;
  cookies: CookieJar;
  interactions: {
    open(
      opened: { browser: string; kind: "own-page"; request: OwnPageAsked },
      now: Date,
    ): Promise<{ id: string }>;
  };
  clock: { now(): Date };
}

export async function sendToSignIn(
  ctx: Context,
  { issuer, cookies, interactions, clock }: OwnPageDoorDeps,
  request: OwnPageAsked,
): Promise<void> {
  const browser = cookies.read(ctx, "browser") ?? newCredential("browser");
  cookies.set(ctx, "browser", browser);
  const { id } = await interactions.open({ browser, kind: "own-page", request }, clock.now());
  redirectTo(ctx, `${issuer}/authorize/${id}`);
}
