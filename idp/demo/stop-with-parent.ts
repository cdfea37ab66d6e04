// Loaded into each process of the demo: when whoever started it is gone, however that came about, the
// process ends in good order instead of staying behind on its port.
process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
process.channel?.unref();
