/** Blocks the callers of `whenOpen` while the gate is closed. */
export class Gate {
  #opening: PromiseWithResolvers<void> | undefined;

  get isClosed(): boolean {
    return this.#opening !== undefined;
  }

  close(): void {
    this.#opening ??= Promise.withResolvers();
  }

  open(): void {
    this.#opening?.resolve();
    this.#opening = undefined;
  }

  /** Resolves when the gate is open, or when the signal is aborted. */
  async whenOpen(signal: AbortSignal): Promise<void> {
    if (!this.#opening || signal.aborted) return;
    const aborted = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => aborted.resolve(), { once: true });
    await Promise.race([this.#opening.promise, aborted.promise]);
  }
}
