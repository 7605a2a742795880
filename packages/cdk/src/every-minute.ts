import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';

/** Invokes a function every minute. A failed run is not retried, because the next run does the same work. */
export function everyMinute(scope: Construct, id: string, target: IFunction): void {
  target.configureAsyncInvoke({ retryAttempts: 0 });
  new Rule(scope, id, {
    schedule: Schedule.rate(Duration.minutes(1)),
    targets: [new LambdaFunction(target)],
  });
}
