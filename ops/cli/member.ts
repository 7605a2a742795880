import { pathOf } from '@rollcall/kit/internal/http/routing';
import { Command } from 'commander';
import pc from 'picocolors';
import { onStage } from 'rollcall/internal/cli/command';
import { confirm } from 'rollcall/internal/cli/confirm';
import { printJson, printTable } from 'rollcall/internal/cli/output';
import { errorReason, parseResponse } from 'rollcall/internal/parsed-response';
import { registeredEntries } from 'rollcall/internal/stage/directory';
import { OperatorError } from 'rollcall/internal/stage/errors';
import { itemsAt } from 'rollcall/internal/stage/holdings';
import { normalizeId } from 'rollcall/internal/stage/ids';
import type { StageClient } from 'rollcall/internal/stage/stage';
import { operatorToken } from 'rollcall/internal/stage/token';
import type { ErasureResource } from '../../shared/contracts/erasure.ts';
import { routes } from '../../shared/contracts/routes.ts';
import { EVERY_MEMBER } from '../every-member.ts';
import { forgetMember } from '../members/forget.ts';
import { memberHoldings, optOutOf } from '../members/holdings.ts';

/**
 * Calls the stage's API as an operator.
 * @throws {OperatorError} if Cloud Map has no API of the stage; with the API's reason, if the API refuses the request
 */
async function callApi(stage: StageClient, route: { method: string; path: string }, path: string): Promise<unknown> {
  const [api] = await registeredEntries(stage, 'api');
  if (!api) throw new OperatorError(`Cloud Map has no API of stage ${stage.name}.`);
  const authorization = `Bearer ${await operatorToken(stage, { operatorScope: EVERY_MEMBER.scope })}`;
  const response = await fetch(`${api.attributes.url}${path}`, { method: route.method, headers: { authorization } });
  const answer = await parseResponse(response);
  if (response.ok) return answer.body;
  throw new OperatorError(`The API responds: ${errorReason(answer)}`);
}

const erasureOf = async (stage: StageClient, id: string) =>
  (await callApi(stage, routes.readErasure, pathOf(routes.readErasure, { id }))) as ErasureResource;

/** Whether an active member gets SMS. Undefined if the SMS service stores no contact of the member. */
async function textsOf(stage: StageClient, id: string) {
  const contact = (await itemsAt(stage, 'sms', 'pk', id)).find(({ phone }) => phone !== undefined);
  if (!contact) return undefined;
  const [optOut] = await optOutOf(stage, contact);
  return optOut
    ? { wanted: false, optedOut: { since: String(optOut.since), by: String(optOut.by) } }
    : { wanted: true };
}

function printErasure({ state, requestedAt, services }: ErasureResource): void {
  printTable(
    services.map(({ service, erasedAt, kept }) => ({ service, erased: erasedAt ?? 'not yet', kept: kept ?? '' })),
  );
  const since = `Requested at ${requestedAt}`;
  console.log(
    state === 'done'
      ? pc.green(`All services have erased the member. ${since}.`)
      : pc.yellow(`Not all services have erased the member yet. ${since}.`),
  );
}

export const member = new Command('member')
  .description('export or erase the data of one member, and show the status of an erasure')
  .addHelpText('after', '\nThe commands erase and status call the API. For a stage in an AWS account, set API_TOKEN.');

member
  .command('export')
  .argument('<id>', 'ID of the member', normalizeId)
  .description('print one JSON document with all data that services store about a member')
  .addHelpText('after', '\nExample: npm run --silent ops -- member export 0197… > member.json')
  .action(
    onStage<object, [string]>(async (stage, _, id) => {
      const services = await stage.ask(() => memberHoldings(stage, id));
      if (Object.keys(services).length === 0) throw new OperatorError(`No service stores data about a member ${id}.`);
      printJson({ memberId: id, exportedAt: new Date().toISOString(), services });
    }),
  );

member
  .command('erase')
  .argument('<id>', 'ID of the member', normalizeId)
  .description("deactivate a member: every service then erases the member's data")
  .option('--yes', 'do not ask for confirmation')
  .addHelpText('after', '\nExample: npm run ops -- member erase 0197…')
  .action(
    onStage<{ yes?: boolean }, [string]>(async (stage, { yes, json }, id) => {
      await confirm(`This deactivates member ${id} and erases the member's data. This cannot be undone.`, yes);
      await callApi(stage, routes.deactivateMember, pathOf(routes.deactivateMember, { id }));
      const erasure = await erasureOf(stage, id);
      if (json) return printJson(erasure);
      printErasure(erasure);
    }),
  );

member
  .command('forget')
  .argument('<id>', 'ID of the member', normalizeId)
  .description(
    'make every service erase a member that the registration service has lost; `reconcile` reports such a member as unknown',
  )
  .option('--yes', 'do not ask for confirmation')
  .addHelpText('after', '\nExample: npm run ops -- member forget 0197…')
  .action(
    onStage<{ yes?: boolean }, [string]>(async (stage, { yes, json }, id) => {
      await confirm(`This makes every service erase its data about member ${id}.`, yes);
      await forgetMember(stage, id, new Date());
      if (json) return printJson({ forgotten: id });
      console.log(
        `The deactivation of the member was published, so that every service erases its data. To see the status: npm run ops -- member status ${id}`,
      );
    }),
  );

member
  .command('status')
  .argument('<id>', 'ID of the member', normalizeId)
  .description('show whether a member gets SMS, or which services have erased a former member')
  .addHelpText('after', '\nExample: npm run ops -- member status 0197…')
  .action(
    onStage<object, [string]>(async (stage, { json }, id) => {
      const texts = await stage.ask(() => textsOf(stage, id));
      if (texts && json) return printJson({ state: 'active', texts });
      if (texts) {
        const { since, by } = texts.optedOut ?? {};
        const how = since ? pc.yellow(`opted out of SMS on ${since}, reported by ${by}`) : 'gets SMS';
        return console.log(`Member ${id} is active, and ${how}.`);
      }
      const erasure = await erasureOf(stage, id);
      if (json) return printJson(erasure);
      printErasure(erasure);
    }),
  );
