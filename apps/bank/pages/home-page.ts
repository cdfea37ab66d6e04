/** GET /: the balance, the latest movements, the spending tide, and the proof of who is asking. */
import type { Clock } from "../../relying-party/clock.ts";
import { type SiteContext, visitOf } from "../../relying-party/visit.ts";
import { homeModel } from "./home-model.ts";
import type { HarbourRender } from "./views.ts";

interface Deps {
  render: HarbourRender;
  siteName: string;
  clock: Clock;
}

export const homePage =
  ({ render, siteName, clock }: Deps) =>
  async (ctx: SiteContext) => {
    await render(ctx, "home", homeModel(visitOf(ctx), siteName, clock.now()));
  };
