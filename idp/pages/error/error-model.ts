declare module "../../http/views.ts" {
  interface Views {
    error: ErrorModel;
  }
}

export interface ErrorModel {
  readonly issuerHost: string;
  readonly title: string;
  readonly explanation: string;
  /** In the order to try them. */
  readonly whatNext: readonly string[];
  /** Protocol words, folded away. */
  readonly developerNote?: string | undefined;
  /** Where the error code is explained to them. */
  readonly guide?: string | undefined;
  /** Said under the seal; "The seal is broken." when nothing fits better. */
  readonly caption?: string | undefined;
  /** One way on: a path of ours, or an absolute http(s) address. */
  readonly wayBack?: { readonly label: string; readonly href: string } | undefined;
  readonly reference: string;
  readonly at: Date;
}
