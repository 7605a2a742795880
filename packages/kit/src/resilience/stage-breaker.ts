import * as z from 'zod';
import { createDynamoDB } from '../aws/clients.ts';
import { readEnvironment, text } from '../aws/environment.ts';
import type { Logger } from '../observability/logger.ts';
import { type Breaker, createBreaker } from './breaker.ts';
import type { CircuitState } from './circuit.ts';
import { createCircuitStore } from './dynamodb-circuit-store.ts';
import { classify } from './remote-service.ts';

/**
 * The circuit of a breaker, and the recipients of its changes.
 * @public
 */
export interface StageBreakerOptions {
  /** Name of the circuit, which all functions of the stage share. `rollcall ops circuit list` shows it. */
  name: string;
  /**
   * Logs when this instance opens or closes the circuit, when a probe of this instance fails, and when the circuit
   * cannot be read or written.
   */
  logger: Logger;
  /**
   * Called, in addition to the log message, after this instance opened the circuit, and after a probe of this instance
   * failed or closed the circuit.
   */
  onChange?: (state: CircuitState) => Promise<void> | void;
}

/**
 * Creates a circuit breaker for `createRemoteService`. Its state is in the stage's table of circuits. The environment
 * variable CIRCUITS_TABLE names the table, and `allowBreaking` of `@rollcall/cdk` grants access to the table.
 * @throws {Error} if the environment lacks CIRCUITS_TABLE
 * @public
 */
export function createStageBreaker({ name, logger, onChange }: StageBreakerOptions): Breaker {
  const { CIRCUITS_TABLE: tableName } = readEnvironment(z.object({ CIRCUITS_TABLE: text }));
  return createBreaker({
    name,
    store: createCircuitStore({ client: createDynamoDB(), tableName, random: Math.random }),
    classify,
    now: () => new Date(),
    onChange(state) {
      logger.warn(`circuit ${name} is ${state.is}`, { ...state });
      return onChange?.(state);
    },
    onFailure: (error) =>
      logger.warn(`circuit ${name} cannot be read or written: its last known state stays in use`, { error }),
  });
}
