import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anIdp, type TestIdp } from "../support/an-idp.ts";
import { localFetch } from "../support/local-fetch.ts";
import { count, figure, timed } from "./support/figures.ts";

interface Peer {
  readonly socket: Socket;
  /** Milliseconds after connecting; undefined while it is open. */
  closedAfter: number | undefined;
}

describe("H5: peers that are slow, or say nothing", () => {
  let world: TestIdp;
  const served: number[] = [];
  const peers: Peer[] = [];
  beforeAll(async () => {
    world = await anIdp();
  });
  afterAll(async () => {
    for (const { socket } of peers) socket.destroy();
    await world.close();
  });

  it("keep nobody from being served, and are shown out in time", async () => {
    const idle = await crowd(count(2_000), () => undefined);
    const slowHeads = await crowd(count(200), (socket) => {
      socket.write("GET /jwks HTTP/1.1\r\nHost: id.localhost\r\n");
      return everySecond(socket, "X-Slow: 1\r\n");
    });
    const slowBodies = await crowd(count(200), (socket) => {
      socket.write(
        "POST /token HTTP/1.1\r\nHost: id.localhost\r\nContent-Length: 9999\r\n" +
          "Content-Type: application/x-www-form-urlencoded\r\n\r\n",
      );
      return everySecond(socket, "a");
    });

    const allGone = () => [...idle, ...slowHeads, ...slowBodies].every(isClosed);
    const end = performance.now() + 40_000;
    while (!allGone() && performance.now() < end) {
      served.push(
        await timed(async () => {
          const answer = await localFetch(`${world.issuer}/jwks`);
          expect(answer.status, await answer.text()).toBe(200);
        }),
      );
      await wait(20);
    }

    figure(
      { id: "H5", what: "JWKS for others meanwhile", unit: "ms", samples: served },
      { of: "p99", atMost: 250 },
    );
    // One second between two checks, and one for a machine that is busy.
    shownOut("slow headers: shown out after", slowHeads, 12);
    shownOut("slow body: shown out after", slowBodies, 17);
    shownOut("idle: shown out after", idle, 17);
  });

  async function crowd(
    size: number,
    behave: (socket: Socket) => (() => void) | undefined,
  ): Promise<Peer[]> {
    const made: Peer[] = [];
    for (let index = 0; index < size; index += 1) {
      const socket = connect(world.config.port, "127.0.0.1");
      await new Promise<void>((resolve, reject) => {
        socket.once("connect", resolve);
        socket.once("error", reject);
      });
      const peer: Peer = { socket, closedAfter: undefined };
      const began = performance.now();
      socket.on("error", () => {});
      // Read, or the end would never be seen.
      socket.resume();
      const stop = behave(socket);
      socket.once("close", () => {
        peer.closedAfter = performance.now() - began;
        stop?.();
      });
      made.push(peer);
    }
    peers.push(...made);
    return made;
  }

  function shownOut(what: string, crowd: readonly Peer[], atMost: number): void {
    const samples = crowd.map(({ closedAfter = Number.POSITIVE_INFINITY }) => closedAfter / 1000);
    figure({ id: "H5", what, unit: "s", samples }, { of: "most", atMost });
  }
});

const isClosed = ({ closedAfter }: Peer) => closedAfter !== undefined;

function everySecond(socket: Socket, text: string): () => void {
  const timer = setInterval(() => socket.write(text), 1_000);
  return () => clearInterval(timer);
}
