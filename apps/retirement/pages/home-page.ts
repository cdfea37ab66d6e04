/** GET /: the plan, and what it may become when `percent` of pay goes in. */
import { z } from "zod";
import type { Clock } from "../../relying-party/clock.ts";
import { type SiteContext, visitOf } from "../../relying-party/visit.ts";
import { homeModel, MOST_PERCENT } from "./home-model.ts";
import type { EvergreenRender } from "./views.ts";

/** A share that no slider can send is no question: the page then answers for today's. */
const HomeRequest = z.looseObject({
  percent: z
    .string()
    .regex(/^\d{1,2}$/)
    .transform(Number)
    .pipe(z.int().max(MOST_PERCENT))
    .optional()
    .catch(undefined),
});

interface Deps {
  render: EvergreenRender;
  siteName: string;
  clock: Clock;
}

export const homePage =
  ({ render, siteName, clock }: Deps) =>
  async (ctx: SiteContext) => {
    const { percent } = HomeRequest.parse(ctx.query);
    await render(ctx, "home", homeModel(visitOf(ctx), siteName, percent, clock.now()));
  };
