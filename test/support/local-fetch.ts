// fetch for tests: `*.localhost` is this machine (RFC 6761 §6.3), redirects are not followed.
import { Agent, fetch as undiciFetch } from "undici";

const loopback = new Agent({
  connect: {
    lookup: (_hostname, options, callback) => {
      const address = { address: "127.0.0.1", family: 4 };
      if (options.all) callback(null, [address]);
      else callback(null, address.address, address.family);
    },
  },
  pipelining: 1,
});

export const localFetch = ((url: string | URL, init: RequestInit = {}) =>
  undiciFetch(String(url), {
    redirect: "manual",
    ...init,
    dispatcher: loopback,
  } as Parameters<typeof undiciFetch>[1])) as unknown as typeof fetch;
