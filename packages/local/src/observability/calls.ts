/** Counts the calls of each AWS operation since the cloud started, by `service:Operation`. */
export class Calls {
  readonly counts: Record<string, number> = {};

  count(service: string, operation: string): void {
    const name = `${service}:${operation}`;
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }
}
