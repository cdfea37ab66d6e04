// What a test file has opened and made goes when its tests have ended. Files share their modules, so this is
// asked for file by file: clean-up-setup.ts.

const cleanUps: (() => Promise<unknown>)[] = [];

/** @param work  done when the tests of the file that runs have ended */
export function cleanUpLater(work: () => Promise<unknown>): void {
  cleanUps.push(work);
}

/** Newest first: handles are closed before their database is dropped. */
export async function cleanUp(): Promise<void> {
  for (const work of cleanUps.splice(0).reverse()) await work();
}
