import type { PersonView, SiteView } from "../../http/views.ts";

declare module "../../http/views.ts" {
  interface Views {
    "sign-out": SignOutModel;
  }
}

/** The question before signing out, when nobody but the person may decide. Posts `csrf` to `action`. */
export interface SignOutModel {
  readonly issuerHost: string;
  readonly person?: PersonView | undefined;
  /** The site that asked, when one did. */
  readonly client?: SiteView | undefined;
  readonly sites: readonly SiteView[];
  readonly action: string;
  readonly csrf: string;
  /** Where "Stay signed in" leads; a path of ours. */
  readonly stay: string;
}
