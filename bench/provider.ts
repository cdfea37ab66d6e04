// What both providers are given and asked for: one client, one API, one person.
export interface Provider {
  readonly name: string;
  readonly port: number;
  readonly clientSecret: string;
  readonly paths: Readonly<
    Record<"authorize" | "token" | "userinfo" | "introspection" | "jwks" | "discovery", string>
  >;
  /** Signs the person in, in a new browser, at this authorization request. @returns its Cookie header */
  signIn(authorizeUrl: string): Promise<string>;
}

export const CLIENT = "bench-site";
export const REDIRECT_URI = "http://127.0.0.1:9/callback";
export const API = "https://api.bench.example/";
export const SCOPES = ["openid", "profile", "email", "accounts:read"] as const;
export const ACCOUNT = {
  email: "alice@example.test",
  name: "Alice Moreau",
  password: "correct horse battery staple",
} as const;

/** RFC 7636, appendix B. */
export const CODE_VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
export const CODE_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
