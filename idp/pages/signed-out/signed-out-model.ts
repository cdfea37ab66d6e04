import type { PersonView, SiteView } from "../../http/views.ts";

declare module "../../http/views.ts" {
  interface Views {
    "signed-out": SignedOutModel;
    "sign-out": SignOutModel;
  }
}

/** The receipt: what ended, where, and by when the rest stops counting. */
export interface SignedOutModel {
  readonly issuerHost: string;
  /** False when there was no session to end. */
  readonly wasSignedIn: boolean;
  readonly at: Date;
  readonly reference?: string | undefined;
  readonly sites: readonly {
    readonly site: SiteView;
    /** Absent: the site ended its own session before it sent the person here.
     *  Present: its passes are withdrawn, and the last one it holds stops counting then. */
    readonly endsBy?: Date | undefined;
  }[];
}

/** The question before it, when nobody but the person may decide. Posts `csrf` to `action`. */
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
