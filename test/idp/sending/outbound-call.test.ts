import type { LookupAddress } from "node:dns";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, describe, expect, it, vi } from "vitest";
import { outboundCall } from "../../../idp/sending/outbound-call.ts";
import { freePort } from "../../support/free-port.ts";
import { type AServer, aServer, bodyOf } from "./a-server.ts";
import { selfSigned } from "./self-signed.ts";

const LOOPBACK = ["127.0.0.0/8", "::1/128"];
const form = { event_token: "a.b.c" };
const NOT_ALLOWED = { kind: "failed", problem: "address not allowed" };

const ipv4 = (address: string): LookupAddress => ({ address, family: 4 });
const resolvingTo = (...addresses: string[]) =>
  vi.fn(async (_hostname: string) => addresses.map(ipv4));
const never = vi.fn(async (hostname: string): Promise<LookupAddress[]> => {
  throw new Error(`somebody asked for ${hostname}`);
});

const listening = () => aServer((_request, response) => response.writeHead(200).end('{"ok":true}'));
const toLoopback = outboundCall({ allow: LOOPBACK, resolve: never });
const toThePublic = outboundCall({ allow: [], resolve: never });

describe("a call to somebody else", () => {
  it("is a POST of a form, and brings status and body back", async () => {
    const bodies: string[] = [];
    const server = await aServer(async (request, response) => {
      bodies.push(`${request.method} ${request.url} ${await bodyOf(request)}`);
      response.writeHead(202, { "Content-Type": "application/json" }).end('{"ok":true}');
    });
    expect(await toLoopback(`http://127.0.0.1:${server.port}/key-events?a=b`, form)).toEqual({
      kind: "answered",
      status: 202,
      body: '{"ok":true}',
    });
    expect(bodies).toEqual(["POST /key-events?a=b event_token=a.b.c"]);
  });

  it("takes *.localhost for this machine without asking anybody (RFC 6761 §6.3)", async () => {
    const server = await listening();
    for (const host of ["localhost", "bank.localhost", "a.b.localhost", "LOCALHOST."])
      expect(await toLoopback(`http://${host}:${server.port}/`, form)).toMatchObject({
        status: 200,
      });
  });

  it("says when nobody listens, and when the name is not known", async () => {
    const uri = `http://127.0.0.1:${await freePort()}/`;
    expect(await toLoopback(uri, form)).toEqual({ kind: "failed", problem: "connection refused" });
    const both = uri.replace("127.0.0.1", "localhost");
    expect(await toLoopback(both, form)).toEqual({ kind: "failed", problem: "connection refused" });
    const resolve = () => Promise.reject(Object.assign(new Error(), { code: "ENOTFOUND" }));
    const call = outboundCall({ allow: [], resolve });
    expect(await call("https://nowhere.example/", form)).toEqual({
      kind: "failed",
      problem: "the name is not known",
    });
  });
});

describe("F2: nothing that is not public is called", () => {
  const spellings = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0177.0.0.1",
    "017700000001",
    "0x7f.0.0.1",
    "0x7f000001",
    "0x7f.1",
    "127.0.0.1.",
    "%31%32%37.0.0.1",
    "127。0。0。1",
    "①②⑦.0.0.1",
    "0",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[fd00::1]",
    "localhost",
    "LocalHost",
    "bank.localhost",
    "localhost.",
  ];
  let server: AServer;

  it.each(spellings)("loopback, spelled http(s)://%s", async (host) => {
    server ??= await listening();
    for (const scheme of ["http", "https"])
      expect(await toThePublic(`${scheme}://${host}:${server.port}/`, form)).toEqual(NOT_ALLOWED);
    expect(server.requests).toBe(0);
  });

  it.each(["169.254.169.254", "10.0.0.1", "192.168.0.1", "100.100.100.200", "0.0.0.0"])(
    "a name that leads to %s",
    async (address) => {
      const call = outboundCall({ allow: LOOPBACK, resolve: resolvingTo(address) });
      expect(await call("https://harmless.example/", form)).toEqual(NOT_ALLOWED);
    },
  );

  it("a public address without TLS", async () => {
    const call = outboundCall({ allow: LOOPBACK, resolve: resolvingTo("93.184.216.34") });
    expect(await call("http://harmless.example/", form)).toEqual(NOT_ALLOWED);
    expect(await call("http://93.184.216.34/", form)).toEqual(NOT_ALLOWED);
  });

  it.each([
    "http://user:password@127.0.0.1/",
    "http://user@127.0.0.1/",
    "https://:password@harmless.example/",
    "ftp://127.0.0.1/",
    "file:///etc/passwd",
    "data:text/plain,hello",
    "javascript:alert(1)",
    "gopher://127.0.0.1/",
    "unix:/var/run/docker.sock",
    "//127.0.0.1/",
    "/key-events",
    "http://",
    "",
  ])("whatever else is no plain address of a website: %s", async (uri) => {
    expect(await toLoopback(uri, form)).toEqual(NOT_ALLOWED);
  });

  it("a name is resolved once: what it says the second time nobody hears", async () => {
    const server = await listening();
    const resolve = vi
      .fn<(hostname: string) => Promise<LookupAddress[]>>()
      .mockResolvedValueOnce([ipv4("127.0.0.1")])
      .mockResolvedValue([ipv4("10.0.0.1")]);
    const call = outboundCall({ allow: LOOPBACK, resolve });
    const uri = `http://rebinding.example:${server.port}/`;
    expect(await call(uri, form)).toMatchObject({ status: 200 });
    expect(resolve).toHaveBeenCalledTimes(1);
    // No connection is kept either: the next call judges anew.
    expect(await call(uri, form)).toEqual(NOT_ALLOWED);
    expect(server.requests).toBe(1);
  });

  it("of several addresses only those that may be called", async () => {
    const server = await listening();
    const resolve = resolvingTo("10.0.0.1", "169.254.169.254", "127.0.0.1");
    const call = outboundCall({ allow: LOOPBACK, resolve, timeoutMilliseconds: 1_000 });
    expect(await call(`http://mixed.example:${server.port}/`, form)).toMatchObject({ status: 200 });
  });
});

describe("F2: a redirect is an answer, and nothing else", () => {
  it.each([301, 302, 303, 307, 308])("%i leads nowhere", async (status) => {
    const inside = await listening();
    const server = await aServer((request, response) => {
      const location =
        request.url === "/metadata"
          ? "http://169.254.169.254/latest/meta-data/"
          : `http://127.0.0.1:${inside.port}/`;
      response.writeHead(status, { Location: location }).end();
    });
    for (const path of ["/metadata", "/inside"])
      expect(await toLoopback(`http://127.0.0.1:${server.port}${path}`, form)).toMatchObject({
        kind: "answered",
        status,
      });
    expect([server.requests, inside.requests]).toEqual([2, 0]);
  });
});

describe("F2: nobody keeps a call waiting, or feeds it without end", () => {
  const hurried = outboundCall({ allow: LOOPBACK, timeoutMilliseconds: 250 });
  const TOO_LATE = { kind: "failed", problem: "no answer within 0.25 s" };

  it("a server that says nothing", async () => {
    const server = await aServer(() => {});
    expect(await hurried(`http://127.0.0.1:${server.port}/`, form)).toEqual(TOO_LATE);
  });

  it("one that says a byte from time to time", async () => {
    const server = await aServer((_request, response) => {
      response.writeHead(200);
      const dripping = setInterval(() => response.write("."), 20);
      response.on("close", () => clearInterval(dripping));
    });
    expect(await hurried(`http://127.0.0.1:${server.port}/`, form)).toEqual(TOO_LATE);
  });

  it("a resolver that never answers", async () => {
    const resolve = () => new Promise<never>(() => {});
    const call = outboundCall({ allow: [], resolve, timeoutMilliseconds: 100 });
    expect(await call("https://slow.example/", form)).toMatchObject({ kind: "failed" });
  });

  it.each([
    ["an endless body", "200 OK\r\n", "x".repeat(10_000)],
    [
      "a body longer than 64 KiB that it announces",
      "200 OK\r\nContent-Length: 65537\r\n",
      "x".repeat(10_000),
    ],
    ["endless headers", "200 OK", `\r\nX: ${"x".repeat(10_000)}`],
  ])("%s", async (_what, head, more) => {
    const server = await aServer((request) => {
      const { socket } = request;
      const separator = head.endsWith("\r\n") ? "\r\n" : "";
      socket.write(`HTTP/1.1 ${head}${separator}`);
      const pouring = setInterval(() => socket.write(more), 1);
      socket.on("error", () => {});
      socket.on("close", () => clearInterval(pouring));
    });
    expect(await toLoopback(`http://127.0.0.1:${server.port}/`, form)).toEqual({
      kind: "failed",
      problem: "the answer is too long",
    });
  });

  it("what is no HTTP at all", async () => {
    const server = await aServer(({ socket }) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"));
    expect(await toLoopback(`http://127.0.0.1:${server.port}/`, form)).toEqual({
      kind: "failed",
      problem: "connection lost",
    });
  });
});

describe("F2: https is believed only with a certificate for the name", () => {
  it("a self-signed one is refused before anything is sent", async () => {
    let requests = 0;
    const server = createTlsServer(selfSigned("bank.localhost"), () => {
      requests += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    afterAll(() => server.close());
    const { port } = server.address() as AddressInfo;
    expect(await toLoopback(`https://bank.localhost:${port}/`, form)).toEqual({
      kind: "failed",
      problem: "the certificate is not trusted",
    });
    expect(requests).toBe(0);
  });
});
