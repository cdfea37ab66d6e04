// Koa with nothing but one answer from memory.
import Koa from "koa";

const app = new Koa();
const body = Buffer.from(process.env.BODY);
app.use((ctx) => {
  ctx.type = "application/json";
  ctx.body = body;
});
const server = app.listen(Number(process.env.PORT), "127.0.0.1");
server.keepAliveTimeout = 75_000;
process.once("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
});
