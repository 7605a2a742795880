import type { AccessLog } from './access-log.ts';
import { createThrottle, type Throttling } from './throttle.ts';

/** A stage of an HTTP API, as API Gateway defines it: clients reach the API's routes through a stage. */
export class ApiStage {
  /** `$default`, or the first part of the path of every request to this stage. */
  readonly name: string;
  readonly log: AccessLog | undefined;
  readonly #throttlingOf: (routeKey: string) => Throttling | undefined;
  readonly #throttles = new Map<string, () => boolean>();

  /** @param throttlingOf returns the throttling of a route; undefined: the route is unlimited */
  constructor(name: string, throttlingOf: (routeKey: string) => Throttling | undefined, log?: AccessLog) {
    this.name = name;
    this.log = log;
    this.#throttlingOf = throttlingOf;
  }

  /** Whether the throttling of a route allows one more request now. */
  accepts(routeKey: string): boolean {
    const existing = this.#throttles.get(routeKey);
    if (existing) return existing();
    const throttling = this.#throttlingOf(routeKey);
    const throttle = throttling ? createThrottle(throttling) : () => true;
    this.#throttles.set(routeKey, throttle);
    return throttle();
  }
}
