import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Cloud } from '@rollcall/local/internal/cloud';
import type { FaultLevel, Order, Report } from './faults.ts';

export type Urls = Pick<Cloud, 'apiUrl' | 'endpointUrl' | 'beside'>;

/** Observations of a cloud over all its restarts. */
export interface Observed {
  faults: Array<{ fault: string; at: string }>;
  published: Array<{ aggregateId: string; version: number }>;
  kills: number;
}

const STARTUP_MS = 60_000;
/**
 * The first of the ports, which stay the same after each restart. The ports are below 32768, where ephemeral ports
 * begin, so that no outgoing connection occupies them.
 */
const FIRST_PORT = 28_000 + (process.pid % 450) * 10;
const PORTS = { api: FIRST_PORT, sms: FIRST_PORT + 1, aws: FIRST_PORT + 3 };

/** An embedded cloud in a separate process that can be killed and restarted. Its data folder survives. */
export class KillableCloud {
  readonly observed: Observed = { faults: [], published: [], kills: 0 };
  readonly #assembly: string;
  readonly #data: string;
  readonly #seed: number;
  readonly #rejectOneIn: number;
  #child: ChildProcess | undefined;
  /** Settles when the current order is finished. */
  #pendingOrder: PromiseWithResolvers<'deployed' | number> | undefined;

  constructor({
    assembly,
    data,
    seed,
    rejectOneIn,
  }: { assembly: string; data: string; seed: number; rejectOneIn: number }) {
    this.#assembly = assembly;
    this.#data = data;
    this.#seed = seed;
    this.#rejectOneIn = rejectOneIn;
  }

  async start(): Promise<Urls> {
    const script = join(import.meta.dirname, 'cloud-process.ts');
    // The seed differs after each restart, so that the faults differ.
    const seed = String(this.#seed * 1_000 + this.observed.kills);
    const child = spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        script,
        this.#assembly,
        this.#data,
        seed,
        String(this.#rejectOneIn),
        JSON.stringify(PORTS),
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    this.#child = child;
    // Kills the cloud when this process exits, because the cloud could otherwise continue for a moment.
    process.once('exit', () => child.kill('SIGKILL'));
    const { promise: ready, resolve, reject } = Promise.withResolvers<Urls>();
    createInterface({ input: child.stdout }).on('line', (line) => {
      const report = JSON.parse(line) as Report;
      if ('ready' in report) resolve(report.ready);
      else if ('done' in report) this.#pendingOrder?.resolve(report.done);
      else if ('fault' in report) this.observed.faults.push(report);
      else this.observed.published.push(...report.published);
    });
    child.once('exit', (code, signal) => {
      const ended = new Error(`the cloud ended: ${signal ?? code}`);
      reject(ended);
      this.#pendingOrder?.reject(ended);
    });
    const timeout = setTimeout(() => reject(new Error('the cloud does not start')), STARTUP_MS);
    return ready.finally(() => clearTimeout(timeout));
  }

  /** Kills the cloud with SIGKILL, whatever it is doing. */
  async kill(): Promise<void> {
    this.observed.kills++;
    this.observed.faults.push({ fault: 'the whole cloud is killed', at: new Date().toISOString() });
    await this.stop();
  }

  setFaultLevel(faultLevel: FaultLevel): void {
    this.#send({ faultLevel });
  }

  /**
   * Deploys an assembly over the running assembly.
   * @param previousWeight the share of invocations that the previous functions still handle, 0 to 1
   */
  async deploy(assembly: string, previousWeight: number): Promise<void> {
    await this.#execute({ deploy: assembly, previousWeight });
  }

  /** Removes the previous functions. @returns the number of invocations that they handled since the deployment */
  async retire(): Promise<number> {
    return Number(await this.#execute({ retire: true }));
  }

  #send(order: Order): void {
    this.#child?.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  #execute(order: Order): Promise<'deployed' | number> {
    this.#pendingOrder = Promise.withResolvers();
    this.#send(order);
    return this.#pendingOrder.promise;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  }
}
