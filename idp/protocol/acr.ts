/** How strongly somebody can sign in here (OpenID Connect Core §2, `acr`); only what exists. */
export const SUPPORTED_ACR_VALUES = ["pwd"] as const;
