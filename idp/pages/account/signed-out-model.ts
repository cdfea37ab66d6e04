declare module "../../http/views.ts" {
  interface Views {
    "account/signed-out": SignedOutEverywhereModel;
  }
}

export interface SignedOutEverywhereModel {
  readonly issuerHost: string;
  readonly at: Date;
  readonly browsers: number;
  /** When the last pass that any site was given is over. */
  readonly endsBy: Date;
  readonly signIn: string;
}
