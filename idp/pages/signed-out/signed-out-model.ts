import type { SiteView } from "../../http/views.ts";
import type { SiteEnding } from "./site-ending.ts";

declare module "../../http/views.ts" {
  interface Views {
    "signed-out": SignedOutModel;
  }
}

/** The receipt: what ended, where, and by when the rest stops counting. */
export interface SignedOutModel {
  readonly issuerHost: string;
  /** In how many the sign-in ended; 0 when there was none to end. */
  readonly browsers: number;
  /** All that there were, not only this one's. */
  readonly everywhere: boolean;
  readonly at: Date;
  readonly now: Date;
  readonly reference?: string | undefined;
  readonly sites: readonly {
    readonly site: SiteView;
    readonly ending: SiteEnding;
    /** When the last pass that it was given is over, whatever becomes of the rest. */
    readonly endsBy?: Date | undefined;
  }[];
  /** Present while a site is still being told: of what, and how soon this page looks again by itself. */
  readonly watch?: { readonly seconds: number; readonly receipt: string } | undefined;
  /** Pages of sites that sign out in this browser, to be loaded unseen. */
  readonly frames: readonly string[];
  /** Where the person is sent on to by itself. */
  readonly onward?: string | undefined;
}
