/**
 * Questions of one kind that come in the same moment, asked together: one statement for all of them costs hardly
 * more than for one. Nobody waits for others; what comes later is asked later.
 */

/** @param ask  is given the keys as they came, and answers in the same order */
export function gathered<Key, Answer>(
  ask: (keys: readonly Key[]) => Promise<readonly Answer[]>,
): (key: Key) => Promise<Answer> {
  let keys: Key[] = [];
  let answers: Promise<readonly Answer[]> | undefined;

  /** Once whatever has arrived by now has been read. */
  async function askSoon(): Promise<readonly Answer[]> {
    await new Promise((resolve) => setImmediate(resolve));
    const asked = keys;
    keys = [];
    answers = undefined;
    return ask(asked);
  }

  return async (key) => {
    const place = keys.push(key) - 1;
    answers ??= askSoon();
    return (await answers)[place] as Answer;
  };
}
