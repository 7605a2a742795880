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

/** The id in the API's URL, `https://ID.execute-api.…`, which the foundation stack outputs. */
async function apiIdOf(stage: StageClient): Promise<string | undefined> {
  const outputs = (await describeStacks(stage)).flatMap(({ Outputs = [] }) => Outputs);
  const address = outputs.find(({ OutputKey }) => OutputKey === 'ApiUrl')?.OutputValue;
  return address && /^https:\/\/([^.]+)\./.exec(address)?.[1];
}

export const cost = new Command('cost')
  .description("show what a stage of an account used in the last day, by CloudWatch's metrics, and what that costs")
  .addHelpText('after', '\nOn an embedded cloud: npm run cost\nExample: npm run ops -- cost --stage prod')
  .action(
    onStage<object, []>(async (stage, { json }) => {
      if (stage.endpoint !== undefined)
        throw new OperatorError(
          'An embedded cloud has no CloudWatch metrics: npm run cost shows what a registration costs.',
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
          `Total divided by registrations: $${usdPerMillionRegistrations.toFixed(2)} a million, polling included.`,
        );
      console.log(
        pc.dim(
          `List prices of ${prices.region}, ${prices.asOf}. SQS counts messages, not requests: batches cost less than that.`,
        ),
      );
    }),
  );
