import type { PermissionLifetime } from "../../http/permissions.ts";
import type { BrandMark, PersonView, SiteView } from "../../http/views.ts";

declare module "../../http/views.ts" {
  interface Views {
    consent: ConsentModel;
  }
}

/** Posts `decision` (`allow` or `deny`) and `csrf` to `action`. */
export interface ConsentModel {
  readonly issuerHost: string;
  readonly client: SiteView;
  /** The APIs it asks to use; none when it only asks who the person is. */
  readonly resources: readonly { readonly name: string; readonly mark?: BrandMark | undefined }[];
  /** Each a sentence that continues "It may": see `permissions.ts`. */
  readonly may: readonly string[];
  /** Each a sentence that continues "It may never", as prominent as the other list. */
  readonly mayNever: readonly string[];
  readonly lifetime: PermissionLifetime;
  readonly person: PersonView;
  /** Where "Not you?" leads, a path of ours; left out when there is no such way. */
  readonly notYou?: string | undefined;
  readonly action: string;
  readonly csrf: string;
  readonly passSeconds: number;
}
