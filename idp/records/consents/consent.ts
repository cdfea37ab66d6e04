/** What a person has allowed a client, across authorizations. */
export interface Consent {
  readonly accountId: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly resources: readonly string[];
  readonly grantedAt: Date;
  readonly updatedAt: Date;
}
