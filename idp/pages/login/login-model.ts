import type { SiteView } from "../../http/views.ts";

declare module "../../http/views.ts" {
  interface Views {
    login: LoginModel;
  }
}

/** What went wrong with the try before. `refused` never says whether there is such an account. */
export type LoginProblem =
  | { readonly kind: "refused" }
  | { readonly kind: "throttled"; readonly seconds: number }
  /** Hashing is at its limit; nothing was counted against anybody. */
  | { readonly kind: "busy"; readonly seconds: number }
  | { readonly kind: "incomplete" };

/** Posts `email`, `password` and `csrf` to `action`; `cancelAction` is posted `csrf` alone. */
export interface LoginModel {
  readonly issuerHost: string;
  /** Where the person is going; absent when they came for one of Signet's own pages. */
  readonly client?: SiteView | undefined;
  /** Signed in already, and asked again because the act or the site wants it fresh. */
  readonly again?: boolean | undefined;
  /** Why they have to sign in, when there is something to say about it. */
  readonly because?: "everything-ended" | undefined;
  readonly action: string;
  readonly csrf: string;
  /** What was typed, or the hint that the site gave; empty when neither. */
  readonly email: string;
  readonly problem?: LoginProblem | undefined;
  /** Only where there is a site to go back to. */
  readonly cancelAction?: string | undefined;
  /** The whole kid of the active key; the page shortens it. */
  readonly activeKeyId?: string | undefined;
  /** How long one pass is good for, in seconds. */
  readonly passSeconds: number;
}
