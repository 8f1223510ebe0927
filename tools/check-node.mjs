// After an install: ends with 1 when the `node` of npm scripts cannot run the sources. Plain, because any Node must run it.
const OLDEST = 24;

if (Number.parseInt(process.versions.node, 10) < OLDEST) {
  const platform = `${process.platform}-${process.arch}`;
  console.error(
    `AgentForge needs Node ${OLDEST}. npm has installed none for ${platform}, and the system's is ${process.version}: ` +
      'install a newer one from https://nodejs.org/, then run npm ci again.',
  );
  process.exitCode = 1;
}
