// Where the console's pages about keys are.
export const KEYS_PATH = "/admin/keys";
export const ROTATE_PATH = `${KEYS_PATH}/rotate`;
export const DRILL_PATH = `${KEYS_PATH}/drill`;
export const REVOKE_PATH = `${KEYS_PATH}/revoke`;

/** Who refuses a key that was thrown out. */
export const revokedPath = (kid: string): string =>
  `${KEYS_PATH}/${encodeURIComponent(kid)}/revoked`;

/** The second person's decision. */
export const revocationAct = (id: string, act: "confirm" | "refuse"): string =>
  `${KEYS_PATH}/revocations/${encodeURIComponent(id)}/${act}`;
