import { InvokeCommand } from '@aws-sdk/client-lambda';
import type { OutboxSweepReport } from '@rollcall/kit/internal/messaging/relay-functions';
import type { StageClients } from './clients.ts';
import { OperatorError } from './errors.ts';

/** Invokes a sweep with an operator's request. @throws {OperatorError} with the function's error, if it fails */
export async function invoke<Request, Answer>(
  { lambda, table }: StageClients,
  fn: string,
  request: Request,
): Promise<Answer> {
  const FunctionName = table(fn);
  const { Payload, FunctionError } = await lambda.send(
    new InvokeCommand({ FunctionName, Payload: JSON.stringify(request) }),
  );
  const answer = JSON.parse(Buffer.from(Payload ?? []).toString() || 'null');
  if (FunctionError) throw new OperatorError(`${FunctionName} failed: ${answer?.errorMessage ?? FunctionError}`);
  return answer as Answer;
}

/** Combines the reports of the sweeps of several outboxes. */
export const combineReports = (reports: readonly OutboxSweepReport[]): OutboxSweepReport => ({
  published: sum(reports.map(({ published }) => published)),
  failedAggregates: sum(reports.map(({ failedAggregates }) => failedAggregates)),
  failed: reports.flatMap(({ failed }) => failed),
  finished: reports.every(({ finished }) => finished),
});

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
