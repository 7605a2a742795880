import { BatchGetCommand, DynamoDBDocumentClient, QueryCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { CONSUMER_METADATA } from '@rollcall/kit/internal/contracts/consumer-metadata';
import {
  type ConsumerRecord,
  classify,
  lostVersions,
  type PublisherRecord,
} from 'rollcall/internal/reconcile/classify';
import { compare } from 'rollcall/internal/reconcile/compare';
import { versionedChannels } from 'rollcall/internal/reconcile/versioned-channels';
import type { StageClient } from 'rollcall/internal/stage/stage';
import { describe, expect, it } from 'vitest';
import { memberEvents, pointsCommands } from '../../shared/contracts/channels.ts';

const known = (version: number, erased = false): PublisherRecord => ({ id: 'a', version, erased, state: {} });
const held = (version: number, erased = false): ConsumerRecord => ({ version, erased, item: {} });
const rules = { joinsLate: false, agrees: () => true };

describe('the difference between a publisher and a consumer', () => {
  it.each([
    ['none if both have the same version', known(2), held(2), undefined],
    ['behind', known(3), held(2), 'behind'],
    ['ahead', known(2), held(3), 'ahead'],
    ['missing', known(1), undefined, 'missing'],
    ['unknown if only the consumer has the aggregate', undefined, held(1), 'unknown'],
    [
      'not-erased if only the publisher has erased the aggregate, and both have the same version',
      known(2, true),
      held(2),
      'not-erased',
    ],
    [
      'not-erased if only the publisher has erased the aggregate, and the consumer lacks versions',
      known(3, true),
      held(1),
      'not-erased',
    ],
    ['returned if only the consumer has erased the aggregate', known(1), held(2, true), 'returned'],
    ['none if both have erased the aggregate, at any version', known(5, true), held(2, true), undefined],
    [
      'none if the publisher has erased the aggregate, and the consumer never received it',
      known(2, true),
      undefined,
      undefined,
    ],
    ['none if only the consumer has the aggregate, and has erased it', undefined, held(2, true), undefined],
  ])('is %s', (_, publisher, consumer, kind) => {
    expect(classify(publisher, consumer, rules)).toBe(kind);
  });

  it('is none if a late subscriber has not received the aggregate', () => {
    expect(classify(known(4), undefined, { ...rules, joinsLate: true })).toBeUndefined();
  });

  it('is other-state if the versions are equal and the app reports a difference', () => {
    expect(classify(known(4), held(4), { ...rules, agrees: () => false })).toBe('other-state');
    expect(classify(known(5), held(4), { ...rules, agrees: () => false })).toBe('behind');
  });

  it('includes a version as lost if it is found nowhere', () => {
    expect(lostVersions(known(6), held(2), new Set([4, 6]))).toEqual([3, 5]);
    expect(lostVersions(known(2), undefined, new Set())).toEqual([1, 2]);
    expect(lostVersions(known(2), held(3), new Set())).toEqual([]);
  });
});

const stacksOf = (...consumers: object[]) => {
  const functions = consumers.map((about) => ({
    Type: 'AWS::Lambda::Function',
    Metadata: { [CONSUMER_METADATA]: about },
  }));
  return [{ name: 'stack', template: { Resources: { ...functions } as never } }];
};
const members = {
  topic: memberEvents,
  table: 'members',
  outbox: 'outbox',
  idOf: ({ pk }: Record<string, unknown>) => String(pk),
};
const guide = { name: 'guide', of: memberEvents.name, cursorKey: 'journey', joinsLate: false };

describe('the comparison', () => {
  it('covers the consumers of events and of numbered commands', () => {
    const stacks = stacksOf(
      guide,
      { name: 'points-commands', of: 'points-commands', cursorKey: 'cursor', joinsLate: false },
      { name: 'replies', of: 'replies', joinsLate: false },
    );
    const found = versionedChannels([{ ...members, commands: [pointsCommands] }], stacks);
    expect(found.map(({ name, consumers }) => [name, consumers.map((consumer) => consumer.name)])).toEqual([
      ['member-events', ['guide']],
      ['points-commands', ['points-commands']],
    ]);
    expect(found[1]?.read({ pk: 'commands#points-commands/a', sent: 3 })).toMatchObject({ id: 'a', version: 3 });
    expect(found[1]?.read({ pk: 'member#a', version: 3 })).toBeUndefined();
  });

  it('reports an app without `aggregates`, and templates that do not describe the consumers', () => {
    expect(() => versionedChannels([], stacksOf(guide))).toThrow('`aggregates` in its rollcall.config.ts');
    expect(() => versionedChannels([members], stacksOf())).toThrow('Deploy again');
  });
});

/** A stage whose publisher has this many pages of aggregates per segment. Its consumer has received none of them. */
function largeStage(pages: number) {
  const served = { scanned: 0, reported: 0, atFirst: 0, ahead: 0 };
  const reading = new Map<number, number>();
  const send = async (command: unknown) => {
    if (command instanceof ScanCommand) {
      const { TableName, Segment = 0, ExclusiveStartKey, Limit = 0 } = command.input;
      if (TableName === 'guide') return { Items: [] };
      const page = Number(ExclusiveStartKey?.page ?? 0);
      expect(reading.get(Segment) ?? 0).toBe(page);
      reading.set(Segment, page + 1);
      served.scanned++;
      const Items = Array.from({ length: Limit }, (_, index) => ({ pk: `${Segment}/${page}/${index}`, version: 1 }));
      return { Items, ...(page + 1 < pages && { LastEvaluatedKey: { page: page + 1 } }) };
    }
    if (command instanceof BatchGetCommand) {
      const [[table = '', { Keys = [] } = {}] = []] = Object.entries(command.input.RequestItems ?? {});
      return { Responses: { [table]: table === 'guide' ? [] : Keys.map(({ pk }) => ({ pk, version: 1 })) } };
    }
    expect(command).toBeInstanceOf(QueryCommand);
    return { Items: [] };
  };
  const dynamodb = Object.assign(Object.create(DynamoDBDocumentClient.prototype), { send });
  const stage = { dynamodb, table: (name: string) => name, queues: async () => [] };
  return { stage: stage as unknown as StageClient, served };
}

it('the comparison reports differences while it reads, even if there are very many differences', async () => {
  const { stage, served } = largeStage(60);
  await compare(stage, versionedChannels([{ ...members, key: (pk) => ({ pk }) }], stacksOf(guide)), {
    async onDifferences() {
      served.reported++;
      served.atFirst ||= served.scanned;
    },
  });
  expect(served).toMatchObject({ scanned: 240, reported: 120_000 });
  // 20,000 subjects, which are 40 pages of 500, are compared again together. While one of the four segments waits for
  // this comparison, each other segment can collect another 20,000.
  expect(served.atFirst).toBeLessThanOrEqual(4 * 41);
});
