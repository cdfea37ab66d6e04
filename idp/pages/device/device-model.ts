import type { PermissionLifetime } from "../../http/permissions.ts";
import type { BrandMark, PersonView, SiteView } from "../../http/views.ts";

declare module "../../http/views.ts" {
  interface Views {
    device: DeviceModel;
    "device/answer": DeviceAnswerModel;
    "device/answered": DeviceAnsweredModel;
  }
}

/** Posts `user_code` and `csrf` to `action`. */
export interface DeviceModel {
  readonly issuerHost: string;
  readonly person: PersonView;
  readonly action: string;
  readonly csrf: string;
  /** What the address brought along, or what was typed. */
  readonly userCode: string;
  readonly problem?:
    | { readonly kind: "unknown" }
    | { readonly kind: "throttled"; readonly seconds: number }
    | undefined;
}

/** Posts `decision` (`allow` or `deny`) and `csrf` to `action`. */
export interface DeviceAnswerModel {
  readonly issuerHost: string;
  readonly client: SiteView;
  readonly resources: readonly { readonly name: string; readonly mark?: BrandMark | undefined }[];
  /** What the device shows. */
  readonly userCode: string;
  readonly may: readonly string[];
  readonly mayNever: readonly string[];
  readonly lifetime: PermissionLifetime;
  readonly person: PersonView;
  readonly action: string;
  readonly csrf: string;
  readonly passSeconds: number;
}

export interface DeviceAnsweredModel {
  readonly issuerHost: string;
  readonly client: SiteView;
  /** `late`: somebody else answered first, or the code is over. */
  readonly outcome: "allowed" | "denied" | "late";
}
