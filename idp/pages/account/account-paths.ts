// Where a person's own pages are. A path with an id is also what that form's token is bound to.

export const ACCOUNT_PATH = "/account";
export const PASSWORD_PATH = "/account/password";
export const ELSEWHERE_PATH = "/account/sign-out-elsewhere";
export const EVERYWHERE_PATH = "/account/sign-out-everywhere";

export const endPath = (sessionId: string) => `/account/sessions/${sessionId}/end`;
export const notMePath = (sessionId: string) => `/account/sessions/${sessionId}/not-me`;
export const takeBackPath = (clientId: string) =>
  `/account/apps/${encodeURIComponent(clientId)}/take-back`;

/** What has just been done, for the page that shows what is left. */
export const donePath = (what: "ended" | "password") => `${ACCOUNT_PATH}?done=${what}`;
