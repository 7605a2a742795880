import { readEnvironment } from '@rollcall/kit/aws';
import { createProcess, processFunctions } from '@rollcall/kit/messaging';
import { placesOfOperations, tablesOfOperations } from './operations-store.ts';
import { outcomeConsumer } from './outcomes.consumer.ts';
import { redemptionProcess } from './redemption.process.ts';

const tables = readEnvironment(tablesOfOperations);

export const { consume, sweep } = processFunctions(outcomeConsumer, (context) =>
  createProcess(redemptionProcess, placesOfOperations({ ...context, ...tables })),
);
