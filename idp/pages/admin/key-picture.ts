import type { KeyFacts } from "./keys-model.ts";

/** A place along the time axis, in percent of its width. */
type Percent = number;

export interface PictureAxis {
  readonly from: Date;
  readonly to: Date;
  readonly now: { readonly x: Percent; readonly label: string };
  readonly ticks: readonly {
    readonly x: Percent;
    readonly label: string;
    readonly minor: boolean;
  }[];
}

/** One key's stretch of life on the axis. */
export interface KeySpan {
  readonly kind: "published" | "signing" | "signed" | "verifies" | "gone";
  readonly x: Percent;
  readonly width: Percent;
}

export interface KeyLane {
  readonly key: KeyFacts;
  readonly spans: readonly KeySpan[];
}

export interface KeysPicture {
  readonly axis: PictureAxis;
  readonly lanes: readonly KeyLane[];
  /** What the picture shows, as one sentence for those who do not see it. */
  readonly sentence: string;
}

/** Draws the life of the keys around `now`: the recent past, and the future that is already decided. */
export function keysPicture(_keys: readonly KeyFacts[], _now: Date): KeysPicture {
  throw new Error("the picture is not drawn yet");
}
