// What whoever looks after the keys should know although everything works (security K9).
import type { KeyView } from "../../../keys/key-view.ts";
import { shortKey } from "../../http/words.ts";
import type { Notice } from "./console-model.ts";

/** A key that signs for longer has been in more memories, backups and hands. */
const OLD_AFTER_DAYS = 90;
const DAY_MS = 86_400_000;

export function keyWarnings(
  keys: readonly KeyView[],
  { rotationSeconds, now }: { rotationSeconds: number; now: Date },
): Notice[] {
  const old = keys
    .filter(({ state }) => state === "active")
    .map((key) => ({ ...key, days: ageDays(key, now) }))
    .filter(({ days }) => days > OLD_AFTER_DAYS)
    .map(
      ({ kid, days }): Notice => ({
        tone: "wait",
        title: `${shortKey(kid)} has signed for ${Math.floor(days)} days.`,
        text: `A key should not sign for more than ${OLD_AFTER_DAYS}. Rotate when it is safe: nobody is signed out by it.`,
      }),
    );
  return rotationSeconds === 0 ? [...old, NEVER_BY_ITSELF] : old;
}

const NEVER_BY_ITSELF: Notice = {
  tone: "wait",
  title: "Nobody rotates the keys unless you do.",
  text: `KEY_ROTATION_SECONDS is 0. With 7776000 they are rotated by themselves every ${OLD_AFTER_DAYS} days, when every site is ready.`,
};

const ageDays = ({ activatedAt }: KeyView, now: Date): number =>
  activatedAt ? (now.getTime() - activatedAt.getTime()) / DAY_MS : 0;
