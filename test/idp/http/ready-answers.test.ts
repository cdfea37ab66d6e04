// What is answered in front of everything else is what everything else would have answered.
import { request } from "node:http";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { anIdp, type TestIdp } from "../../support/an-idp.ts";

let idp: TestIdp;
beforeAll(async () => {
  idp = await anIdp();
  return () => idp.close();
});

interface Asked {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Without anything that a fetch would add by itself. */
async function ask(path: string, { method = "GET", headers = {}, body }: Asked = {}) {
  const { port } = new URL(idp.issuer);
  return new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>(
    (resolve, reject) => {
      const asked = request({ host: "127.0.0.1", port, path, method, headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () => {
          const { "x-request-id": id, date: _, ...others } = answer.headers;
          expect(id).toMatch(/^[\w-]{16}$/);
          resolve({
            status: answer.statusCode ?? 0,
            headers: others,
            body: Buffer.concat(chunks),
          });
        });
      });
      asked.on("error", reject);
      asked.end(body);
    },
  );
}

const PATHS = [
  "/jwks",
  "/.well-known/openid-configuration",
  "/.well-known/oauth-authorization-server",
];

describe.each([...PATHS, "/status-lists/0"])("GET %s", (path) => {
  // A query is nothing the document knows of, so that this one goes through the whole house.
  const theLongWay = `${path}?`;

  it.each([
    ["as it is", {}],
    ["compressed", { headers: { "Accept-Encoding": "gzip, br" } }],
    ["for who has it", { headers: { "If-None-Match": "*" } }],
    ["HEAD", { method: "HEAD" }],
    ["HEAD for who has it", { method: "HEAD", headers: { "If-None-Match": "*" } }],
    ["from another site's page", { headers: { Origin: "https://app.example" } }],
  ])("H1: gives the same answer in front as through the house: %s", async (_what, asked) => {
    expect(await ask(path, asked)).toEqual(await ask(theLongWay, asked));
  });

  it("is no other answer: not to POST, not with a slash or a capital, not with a body", async () => {
    expect((await ask(path, { method: "POST" })).status).toBe(405);
    expect((await ask(`${path}/`)).status).toBe(404);
    expect((await ask(path.toUpperCase())).status).toBe(404);
    const withBody = { headers: { "Content-Length": "2" }, body: "{}" };
    expect((await ask(path, withBody)).status).toBe(200);
  });
});

describe.each(PATHS)("GET %s, compressed", (path) => {
  it.each([
    ["br", brotliDecompressSync],
    ["gzip", gunzipSync],
  ] as const)("is the same document as %s, under an ETag of its own", async (encoding, decoded) => {
    const plain = await ask(path);
    const small = await ask(path, { headers: { "Accept-Encoding": encoding } });
    expect(small.headers["content-encoding"]).toBe(encoding);
    expect(small.headers.vary).toBe("Accept-Encoding");
    expect(decoded(small.body)).toEqual(plain.body);
    expect(small.headers.etag).not.toBe(plain.headers.etag);
    const again = { "Accept-Encoding": encoding, "If-None-Match": String(small.headers.etag) };
    expect((await ask(path, { headers: again })).status).toBe(304);
  });

  it.each(["identity", "br;q=0, gzip;q=0.0", "zstd", "", "deflate"])(
    "is not compressed for who takes %j",
    async (accepted) => {
      const { headers } = await ask(path, { headers: { "Accept-Encoding": accepted } });
      expect(headers).not.toHaveProperty("content-encoding");
    },
  );
});

it("K10: the JWKS is a new one as soon as the keys are", async () => {
  const before = await ask("/jwks");
  const kids = ({ body }: typeof before) => JSON.parse(body.toString()).keys.length;
  idp.clock.advance(2 * 86_400);
  await idp.known.keys.rotate({ actor: "test" });
  const after = await ask("/jwks");
  expect(after.headers.etag).not.toBe(before.headers.etag);
  expect(kids(after)).toBeGreaterThanOrEqual(kids(before));
});
