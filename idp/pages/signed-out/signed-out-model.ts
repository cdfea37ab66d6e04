import type { SiteView } from "../../http/views.ts";

declare module "../../http/views.ts" {
  interface Views {
    "signed-out": SignedOutModel;
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
