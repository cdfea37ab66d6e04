import type { PersonView, SiteView } from "../../http/views.ts";

declare module "../../http/views.ts" {
  interface Views {
    home: HomeModel;
  }
}

export interface HomeModel {
  readonly issuerHost: string;
  /** Absent when nobody is signed in. */
  readonly person?:
    | (PersonView & {
        readonly since: Date;
        /** Where an administrator finds the keys, absolute; absent for everybody else. */
        readonly console?: string | undefined;
      })
    | undefined;
  /** Sites to go to: those Signet vouches for. */
  readonly sites: readonly (SiteView & {
    /** Where it begins a sign-in, absolute; absent when it does not say. */
    readonly open?: string | undefined;
  })[];
  readonly activeKeyId?: string | undefined;
  readonly passSeconds: number;
}
