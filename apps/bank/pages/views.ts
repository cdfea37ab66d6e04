// Which view takes which model.
import type { Render } from "../../relying-party/render.ts";
import type { CommonViews } from "../../relying-party/site-app.ts";
import type { HomeModel } from "./home-model.ts";
import type { TransactionsModel } from "./transactions-model.ts";
import type { TransferDoneModel, TransferModel } from "./transfer-model.ts";

export interface HarbourViews extends CommonViews {
  home: HomeModel;
  transactions: TransactionsModel;
  transfer: TransferModel;
  "transfer-done": TransferDoneModel;
}

export type HarbourRender = Render<HarbourViews>;
