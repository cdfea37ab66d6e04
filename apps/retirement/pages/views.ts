// Which view takes which model.
import type { Render } from "../../relying-party/render.ts";
import type { CommonViews } from "../../relying-party/site-app.ts";
import type { ContributionsModel } from "./contributions-model.ts";
import type { HomeModel } from "./home-model.ts";

export interface EvergreenViews extends CommonViews {
  home: HomeModel;
  contributions: ContributionsModel;
}

export type EvergreenRender = Render<EvergreenViews>;
