/** GET /contributions: every year of the plan, and one year month by month. */
import { z } from "zod";
import type { Clock } from "../../relying-party/clock.ts";
import { pageNotFound } from "../../relying-party/site-problem.ts";
import { type SiteContext, visitOf } from "../../relying-party/visit.ts";
import { contributionsModel } from "./contributions-model.ts";
import type { EvergreenRender } from "./views.ts";

const ContributionsRequest = z.looseObject({
  year: z
    .string()
    .regex(/^\d{4}$/)
    .transform(Number)
    .optional(),
});

interface Deps {
  render: EvergreenRender;
  clock: Clock;
}

export const contributionsPage =
  ({ render, clock }: Deps) =>
  async (ctx: SiteContext) => {
    const request = ContributionsRequest.safeParse(ctx.query);
    if (!request.success) throw pageNotFound();
    const model = contributionsModel(visitOf(ctx), request.data.year, clock.now());
    if (!model) throw pageNotFound();
    await render(ctx, "contributions", model);
  };
