/** Scopes in words a person reads (security A10): what a client may do, and what it may not. */
const OF_THE_PERSON: Readonly<Record<string, string>> = {
  openid: "Recognize you when you come back",
  profile: "See your name and what your profile says",
  email: "See your e-mail address",
  phone: "See your phone number",
  address: "See your postal address",
  offline_access: "Go on using this while you are away",
};

/** For how long something is allowed: while the person is signed in, or while they are away as well. */
export type PermissionLifetime =
  | { readonly kind: "signed-in" }
  | { readonly kind: "offline"; readonly idleDays: number; readonly absoluteDays: number };

const DAY_SECONDS = 86_400;

export const permissionLifetime = (
  scopes: readonly string[],
  lifetimes: { readonly offlineIdleSeconds: number; readonly offlineAbsoluteSeconds: number },
): PermissionLifetime =>
  scopes.includes("offline_access")
    ? {
        kind: "offline",
        idleDays: Math.ceil(lifetimes.offlineIdleSeconds / DAY_SECONDS),
        absoluteDays: Math.ceil(lifetimes.offlineAbsoluteSeconds / DAY_SECONDS),
      }
    : { kind: "signed-in" };

export interface Permissions {
  may: string[];
  mayNever: string[];
}

/** @param resources  those the request names, with what each of their scopes allows */
export function permissions(
  scopes: readonly string[],
  resources: readonly { scopes: Readonly<Record<string, string>> }[],
): Permissions {
  const ofResources = Object.assign({}, ...resources.map((resource) => resource.scopes));
  const words: Record<string, string> = { ...ofResources, ...OF_THE_PERSON };
  const isAsked = (scope: string) => scopes.includes(scope);
  const notAsked = Object.keys(ofResources).filter((scope) => !isAsked(scope));
  return {
    may: scopes.map((scope) => words[scope] ?? scope),
    mayNever: [
      ...notAsked.map((scope) => words[scope] ?? scope),
      "See or change your password",
      "Sign in anywhere else in your name",
    ],
  };
}
