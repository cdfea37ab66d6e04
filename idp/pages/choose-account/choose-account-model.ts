import type { PersonView, SiteView } from "../../http/views.ts";

declare module "../../http/views.ts" {
  interface Views {
    "choose-account": ChooseAccountModel;
  }
}

/** Posts `choice` (`continue` or `another`) and `csrf` to `action`. */
export interface ChooseAccountModel {
  readonly issuerHost: string;
  readonly client?: SiteView | undefined;
  readonly person: PersonView;
  readonly action: string;
  readonly csrf: string;
  /** Posted `csrf` alone; only where there is a site to go back to. */
  readonly cancelAction?: string | undefined;
}
