// A key-encryption key that a command holds, so that it can be in any KMS or HSM. Each private key is
// sealed under a data key of its own; the command wraps that data key, 32 bytes, and unwraps it again.
import { randomBytes } from "node:crypto";
import { KeySealUnavailable, type SealingKey } from "./key-seal.ts";
import { runSealCommand, type SealCommand } from "./run-seal-command.ts";
import { openBox, sealBox } from "./sealed-box.ts";

const DATA_KEY_BYTES = 32;
/** Base64url has none, so a box and its data key are told apart. */
const BETWEEN = ".";

export const commandSealingKey = (id: string, how: SealCommand): SealingKey => {
  const wrap = (input: Uint8Array) => runSealCommand(how, { verb: "wrap", id, input });
  const unwrap = (input: Uint8Array) => runSealCommand(how, { verb: "unwrap", id, input });

  /** A key that is sealed and never opens again would stop every replica: it must show now. */
  async function provenWrap(dataKey: Buffer): Promise<Buffer> {
    const wrapped = await wrap(dataKey);
    if (isInTheOpen(dataKey, wrapped))
      throw new KeySealUnavailable(`the seal command gave the key back unwrapped for "${id}"`);
    const back = await unwrap(wrapped);
    const isSame = back.equals(dataKey);
    back.fill(0);
    if (!isSame)
      throw new KeySealUnavailable(`the seal command does not unwrap what it wrapped for "${id}"`);
    return wrapped;
  }

  return {
    id,

    async seal(privateKey, context) {
      const dataKey = randomBytes(DATA_KEY_BYTES);
      try {
        const wrapped = await provenWrap(dataKey);
        const box = sealBox(privateKey, dataKey, context);
        return `${wrapped.toString("base64url")}${BETWEEN}${box.toString("base64url")}`;
      } finally {
        dataKey.fill(0);
      }
    },

    async open(sealed, context) {
      const [wrapped = "", box = "", ...rest] = sealed.split(BETWEEN);
      if (box === "" || rest.length > 0) throw new Error("not sealed by a command");
      const dataKey = await unwrap(Buffer.from(wrapped, "base64url"));
      try {
        if (dataKey.length !== DATA_KEY_BYTES) throw new Error(`unwrapped ${dataKey.length} bytes`);
        return openBox(Buffer.from(box, "base64url"), dataKey, context);
      } finally {
        dataKey.fill(0);
      }
    },
  };
};

/** As it is, or spelled out as commands like to. */
function isInTheOpen(dataKey: Buffer, wrapped: Buffer): boolean {
  const text = wrapped.toString("latin1");
  const readings = [wrapped, Buffer.from(text, "hex"), Buffer.from(text, "base64")];
  return readings.some((reading) => reading.includes(dataKey));
}
