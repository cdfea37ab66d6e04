// What a framework costs by itself, with the same document from memory.
import { join } from "node:path";
import { freePort } from "../../test/support/free-port.ts";
import type { Provider } from "../provider.ts";
import { type RunningServer, root, startServer } from "./process.ts";

export async function startBare(
  kind: "koa" | "http",
  body: string,
  cores: readonly number[] | undefined,
): Promise<{ server: RunningServer; provider: Provider }> {
  const name = kind === "koa" ? "bare Koa" : "bare node:http";
  const port = await freePort();
  const server = await startServer({
    name,
    arguments: [join(root, `bench/bare/${kind}.mjs`)],
    environment: { PORT: String(port), BODY: body },
    port,
    readyPath: "/",
    cores,
  });
  const paths = {
    authorize: "/",
    token: "/",
    userinfo: "/",
    introspection: "/",
    jwks: "/",
    discovery: "/",
  };
  const signIn = () => Promise.reject(new Error("nobody signs in here"));
  return { server, provider: { name, port, clientSecret: "", paths, signIn } };
}
