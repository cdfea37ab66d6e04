// The two accounts that everyone has here.

export const ACCOUNT_IDS = ["current", "rainy-day"] as const;
export type AccountId = (typeof ACCOUNT_IDS)[number];
