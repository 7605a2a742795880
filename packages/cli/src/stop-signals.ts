const POLL_INTERVAL_MS = 250;
/** One Ctrl-C arrives as two signals: the terminal signals all processes, and npm forwards its own signal. */
const DUPLICATE_SIGNAL_MS = 1_000;

/** Calls `end` at the first SIGINT or SIGTERM. Another signal more than a second later ends the process immediately. */
export function onStopSignal(end: () => unknown): void {
  let firstSignalAt: number | undefined;
  const onSignal = () => {
    if (firstSignalAt !== undefined && performance.now() - firstSignalAt > DUPLICATE_SIGNAL_MS) process.exit(1);
    if (firstSignalAt !== undefined) return;
    firstSignalAt = performance.now();
    end();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
}

/**
 * Sends this process a SIGTERM after the npm script that started it has ended, for whatever reason. The scripts in
 * package.json set `PARENT_PID`. If the parent process has another id, the script has ended. Without `PARENT_PID`,
 * nothing is sent, because this process may outlive its parent, such as a shell that started it in the background.
 */
export function stopWithNpm(): void {
  const { PARENT_PID } = process.env;
  if (PARENT_PID === undefined) return;
  const timer = setInterval(() => {
    if (process.ppid === Number(PARENT_PID)) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, POLL_INTERVAL_MS).unref();
}
