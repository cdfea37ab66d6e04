/**
 * How a page gets at the interaction in its address: only with the cookie of the browser that began
 * it. Whoever else has the address learns nothing, not even whether there is one (security A9).
 */
import type { Context } from "koa";
import type { CookieJar } from "./cookies.ts";
import { PageProblem } from "./page-problem.ts";

export interface InteractionDoorDeps<Interaction> {
  cookies: CookieJar;
  interactions: {
    find(id: string, browser: string, now: Date): Promise<Interaction | undefined>;
  };
  clock: { now(): Date };
}

export interface OpenInteraction<Interaction> {
  interaction: Interaction;
  /** The secret of this browser's cookie; forms are bound to it. */
  browser: string;
}

/** @throws PageProblem when there is none for this browser */
export async function requireInteraction<Interaction>(
  ctx: Context,
  { cookies, interactions, clock }: InteractionDoorDeps<Interaction>,
): Promise<OpenInteraction<Interaction>> {
  const id: unknown = ctx.params.interaction;
  const browser = cookies.read(ctx, "browser");
  const isOurs = typeof id === "string" && /^[\w-]{1,64}$/.test(id);
  const interaction =
    isOurs && browser ? await interactions.find(id, browser, clock.now()) : undefined;
  if (!interaction || !browser) throw interactionGone();
  return { interaction, browser };
}

export const interactionGone = () =>
  new PageProblem({
    status: 400,
    title: "This page is not open any more",
    explanation:
      "It was begun in another browser, has been finished already, or was open for too long. At most 20 can be open at once; the oldest makes room.",
    whatNext: ["Go back to the site you wanted to visit and start again from there."],
    wayBack: { label: "See where you are signed in", href: "/" },
  });
