import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listen, type SiteServer } from "../../../apps/relying-party/site-server.ts";

/** The status line that a site's server gives to a GET of this target, byte for byte. */
function statusOf(port: number, target: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () =>
      socket.write(`GET ${target} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n`, "latin1"),
    );
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("end", () => resolve(answer.slice(0, answer.indexOf("\r\n"))));
    socket.on("error", reject);
  });
}

describe("a site's server", () => {
  let server: SiteServer;
  beforeAll(async () => {
    server = await listen((_request, response) => response.end("hello"), {
      host: "127.0.0.1",
      port: 0,
    });
  });
  afterAll(() => server.drain());

  it.each(["//?a#b", "/#b", "//?\xa0", "http://", "http:///x", "ftp://a.test/x"])(
    "H7: refuses the target %s",
    async (target) => {
      expect(await statusOf(server.port, target)).toBe("HTTP/1.1 400 Bad Request");
    },
  );

  it.each(["/", "//?a=b", "/a%20b?c=%23", "http://a.test/x", "http://a.test?x"])(
    "answers the target %s",
    async (target) => {
      expect(await statusOf(server.port, target)).toBe("HTTP/1.1 200 OK");
    },
  );
});
