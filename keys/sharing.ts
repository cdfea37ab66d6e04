/** Callers that come while a call is under way share it, and are told so. */
export function sharing<Args extends unknown[], T>(call: (...args: Args) => Promise<T>) {
  let underWay: Promise<T> | undefined;
  return async (...args: Args): Promise<{ result: T; shared: boolean }> => {
    const shared = underWay !== undefined;
    underWay ??= call(...args).finally(() => {
      underWay = undefined;
    });
    return { result: await underWay, shared };
  };
}
