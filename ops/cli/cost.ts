import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { Command } from 'commander';
import pc from 'picocolors';
import { onStage } from 'rollcall/internal/cli/command';
import { printJson, printTable } from 'rollcall/internal/cli/output';
import { OperatorError } from 'rollcall/internal/stage/errors';
import type { StageClient } from 'rollcall/internal/stage/stage';
import { describeStacks } from 'rollcall/internal/stage/templates';
import { accountCost, sumsByCloudWatch } from '../cost/account.ts';
import { deployedOf } from '../cost/deployed.ts';
import prices from '../cost/prices.json' with { type: 'json' };

const DAY_MS = 24 * 3600 * 1000;

/** Returns the ID in the URL of the API, `https://ID.execute-api.…`. Undefined if no stack has such an output. */
async function apiIdOf(stage: StageClient): Promise<string | undefined> {
  const outputs = (await describeStacks(stage)).flatMap(({ Outputs = [] }) => Outputs);
  const address = outputs.find(({ OutputKey }) => OutputKey === 'ApiUrl')?.OutputValue;
  return address && /^https:\/\/([^.]+)\./.exec(address)?.[1];
}

export const cost = new Command('cost')
  .description('show the usage and cost of a deployed stage in the last day, from CloudWatch metrics')
  .addHelpText('after', '\nFor an embedded cloud: npm run cost\nExample: npm run ops -- cost --stage prod')
  .action(
    onStage<object, []>(async (stage, { json }) => {
      if (stage.endpoint !== undefined)
        throw new OperatorError(
          'An embedded cloud has no CloudWatch metrics. To see the cost of a registration: npm run cost',
        );
      const deployed = await deployedOf(await stage.templates());
      const end = new Date();
      const sumsOf = sumsByCloudWatch(new CloudWatchClient(stage.config), new Date(end.getTime() - DAY_MS), end);
      const { rows, usd, registrations, usdPerMillionRegistrations } = await accountCost(
        deployed,
        await apiIdOf(stage),
        sumsOf,
      );
      if (json) return printJson({ rows, usd, registrations, usdPerMillionRegistrations });
      printTable(
        rows
          .toSorted((a, b) => b.usd - a.usd)
          .map((row) => ({ ...row, count: Math.round(row.count), usd: row.usd.toFixed(4) })),
      );
      console.log(`In the last day: $${usd.toFixed(2)}, with ${registrations} registrations.`);
      if (usdPerMillionRegistrations !== null)
        console.log(
          `Total divided by registrations, including polling: $${usdPerMillionRegistrations.toFixed(2)} a million.`,
        );
      console.log(
        pc.dim(
          `List prices of ${prices.region}, ${prices.asOf}. The metrics of SQS count messages, not requests, so batches cost less than shown.`,
        ),
      );
    }),
  );
