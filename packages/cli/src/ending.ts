const LOOKED_EVERY_MS = 250;
/** Ctrl-C comes twice at once: the terminal sends it to all, and npm passes it on. */
const SAME_WISH_MS = 1_000;

/** Calls `end` at the first SIGINT or SIGTERM. At one that comes more than a second later, the process ends at once. */
export function onEnd(end: () => unknown): void {
  let since: number | undefined;
  const wished = () => {
    if (since !== undefined && performance.now() - since > SAME_WISH_MS) process.exit(1);
    if (since !== undefined) return;
    since = performance.now();
    end();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, wished);
}

/**
 * Ends a script of npm's with npm, however that is ended: this process is sent SIGTERM once its parent is no longer the one
 * that `PARENT_PID` names, as the scripts of package.json do. Whatever else starts it, such as a shell in whose background
 * it runs, may end before it.
 */
export function endWithNpm(): void {
  const { PARENT_PID } = process.env;
  if (PARENT_PID === undefined) return;
  const timer = setInterval(() => {
    if (process.ppid === Number(PARENT_PID)) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, LOOKED_EVERY_MS).unref();
}
