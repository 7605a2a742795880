import type { Registry } from '@rollcall/kit/internal/discovery/registry';

/** The name of the service in the registry. */
export const GATEWAY_SERVICE = 'sms-gateway';

const LEASE_MS = 9_000;
const RENEWED_EVERY_MS = 3_000;

/** A gateway's registration, which expires unless it is renewed. */
export class Lease {
  readonly #instance: { id: string; address: string; weight: number; metadata: Record<string, string> };
  readonly #isUp: () => boolean;
  #renewal: NodeJS.Timeout | undefined;
  #registry: Registry | undefined;

  /** @param isUp whether the gateway is up; the lease is renewed only while it is up */
  constructor(name: string, address: string, isUp: () => boolean) {
    this.#instance = { id: name, address, weight: 1, metadata: { provider: 'http' } };
    this.#isUp = isUp;
  }

  /** Registers the gateway, and renews its lease until `stopRenewing` or `release`. */
  async begin(registry: Registry): Promise<void> {
    this.#registry = registry;
    await registry.register(GATEWAY_SERVICE, this.#instance, LEASE_MS);
    this.stopRenewing();
    this.#renewal = setInterval(() => {
      if (!this.#isUp()) return;
      this.#renew(registry).catch((error: Error) =>
        console.error(`SMS ${this.#instance.id} cannot renew its lease: ${error.message}`),
      );
    }, RENEWED_EVERY_MS);
  }

  async #renew(registry: Registry): Promise<void> {
    if (await registry.renew(GATEWAY_SERVICE, this.#instance.id, LEASE_MS)) return;
    await registry.register(GATEWAY_SERVICE, this.#instance, LEASE_MS);
  }

  /** Stops the renewals, so that the registration expires. */
  stopRenewing(): void {
    clearInterval(this.#renewal);
  }

  /** Stops the renewals, and deregisters the gateway. */
  async release(): Promise<void> {
    this.stopRenewing();
    await this.#registry?.deregister(GATEWAY_SERVICE, this.#instance.id).catch(() => {});
  }
}
