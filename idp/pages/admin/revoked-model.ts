import type { SiteView } from "../../http/views.ts";
import type { ConsoleModel } from "./console-model.ts";

declare module "../../http/views.ts" {
  interface Views {
    "admin/revoked": RevokedModel;
  }
}

/** A key that was thrown out, and how far the sites are with it. */
export interface RevokedModel extends ConsoleModel {
  readonly kid: string;
  readonly revokedAt: Date;
  /** What signs since then, if this one did; what was published in its place. */
  readonly activated?: string | undefined;
  readonly published?: string | undefined;
  readonly who?: string | undefined;
  readonly why?: string | undefined;
  readonly sites: readonly RevokedSite[];
  /** A site that reaches Signet refuses it by then, whatever it says; one that does not, by the other. */
  readonly inTouchUntil: Date;
  readonly outOfTouchUntil: Date;
  /** Until when this page looks again by itself, and after how many seconds; absent: it does not. */
  readonly watch?: { readonly seconds: number; readonly stop: string } | undefined;
}

export interface RevokedSite {
  readonly site: SiteView;
  readonly standing: /** All of it refuses the key. */
    | { readonly kind: "refuses"; readonly at: Date; readonly afterSeconds: number }
    /** Somebody there has not said so yet. */
    | { readonly kind: "telling"; readonly problem?: string | undefined }
    /** It was told for a day, and never answered. */
    | { readonly kind: "given-up"; readonly problem?: string | undefined }
    /** It has no kit: it learns from the key set. */
    | { readonly kind: "by-itself" }
    /** It has one, and what it was told is no longer kept. */
    | { readonly kind: "not-known" };
  readonly instances: readonly { readonly instance: string; readonly refusedAt?: Date }[];
}
