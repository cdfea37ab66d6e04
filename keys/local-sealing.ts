// A key-encryption key in this process: 256 bits from the settings.
import type { SealingKey } from "./key-seal.ts";
import { openBox, sealBox } from "./sealed-box.ts";

/** @param key  256 bits */
export const localSealingKey = ({ id, key }: { id: string; key: Uint8Array }): SealingKey => ({
  id,
  seal: async (privateKey, context) => sealBox(privateKey, key, context).toString("base64url"),
  open: async (sealed, context) => openBox(Buffer.from(sealed, "base64url"), key, context),
});
