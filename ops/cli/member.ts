import { GetCommand, paginateQuery, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { Command } from 'commander';
import pc from 'picocolors';
import { stageNamed } from '../../infra/stages.ts';
import type { ErasureResource } from '../../shared/contracts/erasure.ts';
import type { ProblemDocument } from '../../shared/contracts/problem.ts';
import { routes } from '../../shared/contracts/routes.ts';
import { pathOf } from '../../shared/http/routing.ts';
import { confirm, onStage } from './command.ts';
import { registered } from './discover.ts';
import { printJson, printTable } from './output.ts';
import { OperatorError, type Stage } from './stage.ts';
import { operatorToken } from './token.ts';

type Item = Record<string, unknown>;

/** What the commands to a member's points are counted under. */
const commandsOf = (id: string) => `points-commands/${id}`;

/** Asks the stage's API as an operator. @throws {OperatorError} with what it says, if it refuses */
async function askApi(stage: Stage, route: { method: string; path: string }, path: string): Promise<unknown> {
  const [api] = await registered(stage, stageNamed(stage.name).namespace, 'api');
  if (!api) throw new OperatorError(`Stage ${stage.name} has no API that is registered in Cloud Map.`);
  const authorization = `Bearer ${await operatorToken(stage)}`;
  const response = await fetch(`${api.attributes.url}${path}`, { method: route.method, headers: { authorization } });
  const text = await response.text();
  const answer = text === '' ? undefined : (JSON.parse(text) as unknown);
  if (response.ok) return answer;
  const { detail, message } = answer as ProblemDocument & { message?: string };
  throw new OperatorError(`The API answers ${response.status}: ${detail ?? message}`);
}

const erasureOf = async (stage: Stage, id: string) =>
  (await askApi(stage, routes.readErasure, pathOf(routes.readErasure, { id }))) as ErasureResource;

async function itemsOf({ dynamodb, table }: Stage, name: string, query: Partial<QueryCommandInput>): Promise<Item[]> {
  const items: Item[] = [];
  const pages = paginateQuery({ client: dynamodb }, { TableName: table(name), ...query });
  for await (const page of pages) items.push(...(page.Items ?? []));
  return items;
}

/** What a table holds under a key that names the member. */
const itemsAt = (stage: Stage, name: string, key: string, value: string) =>
  itemsOf(stage, name, {
    ConsistentRead: true,
    KeyConditionExpression: '#key = :value',
    ExpressionAttributeNames: { '#key': key },
    ExpressionAttributeValues: { ':value': value },
  });

async function itemAt({ dynamodb, table }: Stage, pk: string): Promise<Item[]> {
  const { Item } = await dynamodb.send(
    new GetCommand({ TableName: table('members'), Key: { pk }, ConsistentRead: true }),
  );
  return Item ? [Item] : [];
}

/** What the registration service holds of a member. */
async function registrationItems(stage: Stage, id: string): Promise<Item[]> {
  const indexed = await itemsOf(stage, 'members', {
    IndexName: 'of-member',
    KeyConditionExpression: 'memberId = :id',
    ExpressionAttributeValues: { ':id': id },
  });
  const keys = [`member#${id}`, `onboarding#${id}`, `erasure#${id}`, `commands#${commandsOf(id)}`];
  const own = await Promise.all(keys.map((pk) => itemAt(stage, pk)));
  const operations = await Promise.all(indexed.map(({ pk }) => itemAt(stage, String(pk))));
  // By now, a guard that the index still knows may be another member's.
  return [...own.flat(), ...operations.flat().filter(({ memberId }) => memberId === id)];
}

/** What is parked where messages are known by their own ids, and says that it is about the member. */
async function parkedAbout(stage: Stage, subscriber: string, id: string): Promise<Item[]> {
  const found: Item[] = [];
  for await (const page of stage.parked(subscriber)) {
    found.push(...page.filter(({ body }) => body.includes(id)).map((parked) => ({ ...parked })));
  }
  return found;
}

/** All that the services of a stage hold of one member, by service: as it is stored. */
async function exportOf(stage: Stage, id: string): Promise<Record<string, Item[]>> {
  const subscribers = await stage.subscribers();
  const holdings: Array<Promise<[string, Item[]]>> = [
    registrationItems(stage, id).then((items) => ['registration', items]),
    Promise.all([id, commandsOf(id)].map((key) => itemsAt(stage, 'outbox', 'aggregateId', key))).then((items) => [
      'outbox',
      items.flat(),
    ]),
    ...subscribers.map(async (name): Promise<[string, Item[]]> => {
      const [own, parked] = await Promise.all([itemsAt(stage, name, 'pk', id), parkedAbout(stage, name, id)]);
      return [name, [...own, ...parked.filter(({ aggregateId }) => aggregateId !== id)]];
    }),
  ];
  return Object.fromEntries((await Promise.all(holdings)).filter(([, items]) => items.length > 0));
}

function printErasure({ state, requestedAt, services }: ErasureResource): void {
  printTable(
    services.map(({ service, erasedAt, kept }) => ({ service, erased: erasedAt ?? 'not yet', kept: kept ?? '' })),
  );
  const since = `asked for at ${requestedAt}`;
  console.log(
    state === 'done' ? pc.green(`All services have erased the member, ${since}.`) : pc.yellow(`Not all yet, ${since}.`),
  );
}

export const member = new Command('member')
  .description('what is held of one member: export it, have it erased, see whether it is')
  .addHelpText('after', '\nErasing and its status go through the API: for an account, set API_TOKEN.');

member
  .command('export <id>')
  .description('one JSON document of all that every service holds of a member')
  .addHelpText('after', '\nExample: npm run --silent ops -- member export 0197… > member.json')
  .action(
    onStage<object, [string]>(async (stage, _, id) => {
      const services = await stage.ask(() => exportOf(stage, id));
      if (Object.keys(services).length === 0) throw new OperatorError(`Nothing is held of a member ${id}.`);
      printJson({ memberId: id, exportedAt: new Date().toISOString(), services });
    }),
  );

member
  .command('erase <id>')
  .description('deactivates a member: every service erases what it holds')
  .option('--yes', 'do not ask')
  .addHelpText('after', '\nExample: npm run ops -- member erase 0197…')
  .action(
    onStage<{ yes?: boolean }, [string]>(async (stage, { yes, json }, id) => {
      await confirm(`Member ${id} leaves, and cannot be brought back.`, yes);
      await askApi(stage, routes.deactivateMember, pathOf(routes.deactivateMember, { id }));
      const erasure = await erasureOf(stage, id);
      if (json) return printJson(erasure);
      printErasure(erasure);
    }),
  );

member
  .command('status <id>')
  .description('which services have erased a member who left')
  .addHelpText('after', '\nExample: npm run ops -- member status 0197…')
  .action(
    onStage<object, [string]>(async (stage, { json }, id) => {
      const erasure = await erasureOf(stage, id);
      if (json) return printJson(erasure);
      printErasure(erasure);
    }),
  );
