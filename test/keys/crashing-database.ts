// A database handle of a process that dies between two statements: from then on nothing it asks for
// arrives any more, and what it had not committed is gone.
import type { Database, Orm } from "../../prisma/database.ts";

export class Crash extends Error {
  override readonly name = "Crash";
}

export interface CrashingDatabase {
  readonly database: Database;
  /**
   * Calls this in front of every statement, of every commit, and after every commit from now on, with
   * a number that counts from 0.
   */
  atEachPoint(call: (point: number) => void): void;
  /** How many such points there were since then. */
  readonly points: number;
}

export function crashingDatabase(real: Database): CrashingDatabase {
  let atPoint: (point: number) => void = () => {};
  let points = 0;
  const point = () => {
    points += 1;
    atPoint(points - 1);
  };
  const watched = (orm: Orm): Orm =>
    new Proxy(orm, {
      get: (target, model) => watchedModel(Reflect.get(target, model), point),
    });

  return {
    database: {
      ...real,
      orm: watched(real.orm),
      sql: async (statement, values) => {
        point();
        return real.sql(statement, values);
      },
      async transaction(work) {
        point();
        const result = await real.transaction(async (orm) => {
          const done = await work(watched(orm));
          point();
          return done;
        });
        point();
        return result;
      },
    },
    atEachPoint(call) {
      points = 0;
      atPoint = call;
    },
    get points() {
      return points;
    },
  };
}

const watchedModel = (model: unknown, point: () => void): unknown =>
  typeof model !== "object" || model === null
    ? model
    : new Proxy(model, {
        get(target, name) {
          const method: unknown = Reflect.get(target, name);
          if (typeof method !== "function") return method;
          return async (...args: unknown[]) => {
            point();
            return Reflect.apply(method, target, args);
          };
        },
      });
