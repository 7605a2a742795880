import { readEnvironment } from '@rollcall/kit/aws';
import { createProcess, processFunctions } from '@rollcall/kit/messaging';
import { operationStorage, operationTables } from './operations-store.ts';
import { outcomeConsumer } from './outcomes.consumer.ts';
import { redemptionProcess } from './redemption.process.ts';

const tables = readEnvironment(operationTables);

export const { consume, sweep } = processFunctions(outcomeConsumer, (context) =>
  createProcess(redemptionProcess, operationStorage({ ...context, ...tables })),
);
