import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { listen } from "../../../idp/http/server.ts";
import { edge } from "./edge.ts";

/** What the server answers to raw bytes, until it closes. */
function raw(url: string, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () =>
      socket.write(bytes, "latin1"),
    );
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("end", () => resolve(answer));
    socket.on("error", reject);
  });
}
const head = "POST / HTTP/1.1\r\nHost: id.example\r\nConnection: close\r\n";
const hello = () =>
  edge((ctx) => {
    ctx.body = "hello";
  });

describe("the server (H5, H7)", () => {
  it("H5: refuses headers over 16 KiB", async () => {
    const { url } = await hello();
    expect(await raw(url, `${head}X: ${"a".repeat(17_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431/);
  });

  const smuggled: [string, string][] = [
    ["two lengths", `${head}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd`],
    [
      "length and chunks",
      `${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ["an unknown coding", `${head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
    ["a space before the colon", `${head}Content-Length : 4\r\n\r\nabcd`],
    ["a folded header", `${head}X: a\r\n b\r\n\r\n`],
    ["no Host", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"],
    ["not HTTP at all", "\x16\x03\x01\x02\r\n\r\n"],
  ];
  it.each(smuggled)("H7: refuses %s", async (_, bytes) => {
    const { url } = await hello();
    expect(await raw(url, bytes)).toMatch(/^HTTP\/1.1 400/);
  });

  it.each([
    ["a fragment", "//?a#b"],
    ["a fragment after the path", "/#b"],
    ["bytes beyond ASCII", "//?\xa0"],
    ["a scheme alone", "http://"],
    ["a host that is missing", "http:///x"],
    ["another scheme", "ftp://id.example/x"],
  ])("H7: refuses a target with %s", async (_, target) => {
    const { url } = await hello();
    const bytes = `GET ${target} HTTP/1.1\r\nHost: id.example\r\nConnection: close\r\n\r\n`;
    expect(await raw(url, bytes)).toMatch(/^HTTP\/1.1 400/);
  });

  it.each(["/", "//?a=b", "/a%20b?c=%23", "http://id.example/x", "http://id.example?x"])(
    "answers the target %s",
    async (target) => {
      const { url } = await hello();
      const bytes = `GET ${target} HTTP/1.1\r\nHost: id.example\r\nConnection: close\r\n\r\n`;
      expect(await raw(url, bytes)).toMatch(/^HTTP\/1.1 (200|404)/);
    },
  );

  it("Z5: finishes what is under way, and takes nothing new", async () => {
    let arrived = () => {};
    const isThere = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const server = await listen({
      port: 0,
      host: "127.0.0.1",
      app: async (_request, response) => {
        arrived();
        await gate;
        response.end("done");
      },
    });
    const url = `http://127.0.0.1:${server.port}`;
    const underWay = fetch(url);
    await isThere;
    const drained = server.drain();
    await expect(fetch(url)).rejects.toThrow();
    release();
    expect(await (await underWay).text()).toBe("done");
    await drained;
  });

  it("says that a port is in use", async () => {
    const { server } = await hello();
    const again = listen({ app: () => {}, port: server.port, host: "127.0.0.1" });
    await expect(again).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});
