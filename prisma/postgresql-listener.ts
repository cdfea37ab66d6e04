// Hears what the database announces (LISTEN), on a connection of its own, which is opened again for as long as
// somebody listens. An announcement hastens what polling would find anyway; one may be missed.
import pg from "pg";
import type { Listening } from "./driver.ts";

const OPEN_AGAIN_MS = 1_000;

/** @param channel  a plain identifier */
export function listenOn(
  connection: pg.ClientConfig,
  channel: string,
  heard: () => void,
): Listening {
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;

  async function open(): Promise<void> {
    const opened = new pg.Client(connection);
    client = opened;
    opened.on("error", () => lose(opened));
    opened.on("end", () => lose(opened));
    opened.on("notification", heard);
    try {
      await opened.connect();
      await opened.query(`LISTEN ${channel}`);
      // Whatever was announced before went unheard.
      heard();
    } catch {
      lose(opened);
    }
  }

  function lose(lost: pg.Client): void {
    if (client !== lost) return;
    client = undefined;
    lost.end().catch(() => {});
    if (isOver) return;
    const pause = OPEN_AGAIN_MS * (0.8 + 0.4 * Math.random());
    timer = setTimeout(open, pause).unref();
  }

  void open();
  return {
    async stop() {
      isOver = true;
      clearTimeout(timer);
      const last = client;
      client = undefined;
      await last?.end().catch(() => {});
    },
  };
}
