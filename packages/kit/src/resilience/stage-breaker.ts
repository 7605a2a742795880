import * as z from 'zod';
import { createDynamoDB } from '../aws/clients.ts';
import { readEnvironment, text } from '../aws/environment.ts';
import type { Logger } from '../observability/logger.ts';
import { type Breaker, createBreaker } from './breaker.ts';
import type { CircuitState } from './circuit.ts';
import { createCircuitStore } from './dynamodb-circuit-store.ts';
import { classify } from './remote-service.ts';

/**
 * Which circuit it is, and who is told of its changes.
 * @public
 */
export interface StageBreakerOptions {
  /** Of the circuit, which all functions of the stage share: `rollcall ops circuit list` shows it. */
  name: string;
  /** Told when the circuit opens or closes, and when it cannot be kept. */
  logger: Logger;
  /** Told besides when this instance opened the circuit, or its probe closed it. */
  onChange?: (state: CircuitState) => Promise<void> | void;
}

/**
 * A breaker for `createRemoteService`, whose circuit is kept where `allowBreaking` of `@rollcall/cdk` lets the function keep it:
 * in the stage's table of circuits, CIRCUITS_TABLE of the environment.
 * @throws {Error} if the environment lacks it
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
    onFailure: (error) => logger.warn(`circuit ${name} cannot be kept: the last known holds`, { error }),
  });
}
