import type { SiteView } from "../../http/views.ts";

declare module "../../http/views.ts" {
  interface Views {
    "form-post": FormPostModel;
  }
}

/** The answer as a form (OAuth 2.0 Form Post Response Mode §4): sent by script, or by its button. */
export interface FormPostModel {
  readonly issuerHost: string;
  readonly client?: SiteView | undefined;
  /** The verified redirect URI. */
  readonly action: string;
  readonly parameters: readonly (readonly [name: string, value: string])[];
}
