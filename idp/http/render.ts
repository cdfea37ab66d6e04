import type { Context } from "koa";
import type { Views } from "./views.ts";

export type ViewName = keyof Views;

/** Being written: the signature stands. */
export function render<V extends ViewName>(_ctx: Context, _view: V, _model: Views[V]): void {
  throw new Error("templates are not there yet");
}
