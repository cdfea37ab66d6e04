// One parameter said twice, in two places, in two spellings, or not in letters at all (A3; ASVS 15.3.7): what
// two readers could understand differently is refused, and what nobody knows changes nothing.
import { beforeAll, describe, expect, it } from "vitest";
import { aClient, parametersFor } from "../idp/endpoints/authorize/arranging.ts";
import { anIdp, type TestIdp } from "../support/an-idp.ts";
import { localFetch } from "../support/local-fetch.ts";

let idp: TestIdp;
let bank: Awaited<ReturnType<typeof aClient>>;

beforeAll(async () => {
  idp = await anIdp();
  bank = await aClient(idp, "bank", {
    tokenEndpointAuthMethod: "client_secret_post",
    grantTypes: ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"],
  });
  return () => idp.close();
});

interface Door {
  readonly method: "GET" | "POST";
  /** Every parameter that it knows, with a value that is right or nearly so. */
  readonly known: () => Record<string, string>;
  /** How it turns somebody away. */
  readonly refuses: (answer: Response) => Promise<boolean>;
}

const isInvalidRequest = async (answer: Response): Promise<boolean> => {
  const location = answer.headers.get("location");
  if (location !== null) return new URL(location).searchParams.get("error") === "invalid_request";
  if (answer.status !== 400) return false;
  const text = await answer.text();
  return answer.headers.get("content-type")?.startsWith("application/json")
    ? JSON.parse(text).error === "invalid_request"
    : text.includes("<h1>");
};

const credentials = () => ({ client_id: "bank", client_secret: bank.secret });
const request = () => ({
  ...Object.fromEntries(parametersFor(bank)),
  response_mode: "query",
  prompt: "login",
  max_age: "10",
  acr_values: "pwd",
  claims: "{}",
  login_hint: "alice@example.test",
  ui_locales: "en",
  display: "page",
});

const DOORS: Readonly<Record<string, Door>> = {
  "/authorize": { method: "GET", known: request, refuses: isInvalidRequest },
  "/par": {
    method: "POST",
    known: () => ({ ...request(), ...credentials() }),
    refuses: isInvalidRequest,
  },
  "/token": {
    method: "POST",
    known: () => ({
      ...credentials(),
      grant_type: "authorization_code",
      code: "sgc_x",
      redirect_uri: "https://bank.example/callback",
      code_verifier: "v".repeat(43),
    }),
    refuses: isInvalidRequest,
  },
  "/device_authorization": {
    method: "POST",
    known: () => ({ ...credentials(), scope: "openid" }),
    refuses: isInvalidRequest,
  },
  "/introspection": {
    method: "POST",
    known: () => ({ ...credentials(), token: "x", token_type_hint: "access_token" }),
    refuses: isInvalidRequest,
  },
  "/revocation": {
    method: "POST",
    known: () => ({ ...credentials(), token: "x", token_type_hint: "access_token" }),
    refuses: isInvalidRequest,
  },
  "/logout": {
    method: "GET",
    known: () => ({
      id_token_hint: "x",
      client_id: "bank",
      post_logout_redirect_uri: "https://bank.example/bye",
      state: "s",
    }),
    refuses: isInvalidRequest,
  },
};

/** Sends exactly this text, as the query or as the form. */
async function send(path: string, { method }: Door, text: string): Promise<Response> {
  const init = { redirect: "manual" } as const;
  if (method === "GET") return localFetch(`${idp.issuer}${path}?${text}`, init);
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  return localFetch(`${idp.issuer}${path}`, { ...init, method, headers, body: text });
}

const encode = (fields: Record<string, string>) => new URLSearchParams(fields).toString();

describe.each(Object.entries(DOORS))("%s", (path, door) => {
  it("A3: refuses every parameter that it knows when it comes twice, equal or not", async () => {
    const known = door.known();
    for (const [name, value] of Object.entries(known)) {
      for (const again of [value, "other"]) {
        const answer = await send(path, door, `${encode(known)}&${encode({ [name]: again })}`);
        expect([name, again, await door.refuses(answer)]).toEqual([name, again, true]);
      }
    }
  });

  it("A3: refuses NUL, what is not UTF-8, and broken encodings, in names and values", async () => {
    for (const broken of [
      "state=%00",
      "state=%ff",
      "state=%c0%af",
      "state=%",
      "state=%zz",
      "%00=x",
      "%ed%a0%80=x",
    ]) {
      const answer = await send(path, door, `${encode(door.known())}&${broken}`);
      expect([broken, await door.refuses(answer)]).toEqual([broken, true]);
    }
  });

  it("A3, H5: refuses a value over 2 KiB, and more than a hundred parameters", async () => {
    const long = `${encode(door.known())}&unknown=${"a".repeat(2049)}`;
    expect(await door.refuses(await send(path, door, long))).toBe(true);
    const many = Array.from({ length: 101 }, (_, n) => `p${n}=1`).join("&");
    expect(await door.refuses(await send(path, door, `${encode(door.known())}&${many}`))).toBe(
      true,
    );
  });

  it("A3: what nobody knows is ignored, however it is spelled", async () => {
    const known = encode(door.known());
    const plain = await send(path, door, known);
    const odd =
      "a%5B%5D=1&a%5B%5D=2&a%5Bb%5D=c&__proto__=x&constructor=x&__proto__%5Badmin%5D=1&=x&x";
    const polluted = await send(path, door, `${known}&${odd}`);
    const shape = (answer: Response) => [
      answer.status,
      answer.headers.get("location")?.replaceAll(/[\w-]{20,}/g, "…"),
    ];
    expect(shape(polluted)).toEqual(shape(plain));
    expect(Object.hasOwn(Object.prototype, "admin")).toBe(false);
  });

  it("A3: a name in other letters, or with brackets, is another name", async () => {
    const { client_id, ...others } = door.known();
    for (const name of ["Client_Id", "CLIENT_ID", "client_id[]", "client_id ", "client-id"]) {
      const answer = await send(path, door, encode({ ...others, [name]: client_id ?? "" }));
      expect([name, answer.status]).not.toEqual([name, 200]);
      expect(answer.headers.get("location") ?? "").not.toContain("code=");
    }
  });
});

describe("what stands in the address of a form", () => {
  it.each(Object.entries(DOORS).filter(([, { method }]) => method === "POST"))(
    "A3: is not read at %s",
    async (path, door) => {
      const known = door.known();
      const headers = { "Content-Type": "application/x-www-form-urlencoded" };
      const split = await localFetch(`${idp.issuer}${path}?${encode(known)}`, {
        method: "POST",
        headers,
        body: "",
      });
      expect([400, 401]).toContain(split.status);
      expect(JSON.parse(await split.text()).error).toMatch(/^invalid_(client|request)$/);
    },
  );
});
