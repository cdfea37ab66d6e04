/** How long what we remember counts, in seconds. A part of the configuration. */
export interface Lifetimes {
  readonly codeSeconds: number;
  readonly deviceCodeSeconds: number;
  readonly pushedRequestSeconds: number;
  readonly sessionIdleSeconds: number;
  readonly sessionAbsoluteSeconds: number;
  readonly refreshIdleSeconds: number;
  readonly refreshAbsoluteSeconds: number;
  readonly offlineIdleSeconds: number;
  readonly offlineAbsoluteSeconds: number;
  readonly interactionSeconds: number;
}

export const secondsAfter = (time: Date, seconds: number): Date =>
  new Date(time.getTime() + seconds * 1000);

export const secondsBefore = (time: Date, seconds: number): Date => secondsAfter(time, -seconds);
