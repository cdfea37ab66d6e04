import { defineConfig } from "prisma/config";

// `prisma generate` asks for a schema engine that it never runs; naming any executable keeps the
// download away, so generating works offline and without install scripts.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;

export default defineConfig({
  schema: "prisma/schema.prisma",
  migrations: { path: "prisma/migrations" },
});
