import { type AssembledStack, readAssembly } from '@rollcall/local/internal/template/assembly';
import { consumersOf, subscribersOf } from 'rollcall/internal/stage/consumers';
import { drawMermaid, drawText } from 'rollcall/internal/stage/draw';
import { type Topology, topologyOf } from 'rollcall/internal/stage/topology';
import { beforeAll, describe, expect, inject, it } from 'vitest';

let stacks: AssembledStack[];
let flow: Topology;
beforeAll(async () => {
  stacks = readAssembly(inject('dev')).stacks;
  flow = await topologyOf(stacks, 'rollcall-dev-');
});

const queue = (name: string) => `queue:rollcall-dev-${name}.fifo`;
/** A standard queue. */
const standard = (name: string) => `queue:rollcall-dev-${name}`;
const fn = (name: string) => `function:rollcall-dev-${name}`;
const TOPIC = 'topic:rollcall-dev-member-events.fifo';
const OUTBOX = 'table:rollcall-dev-outbox';
const labelOf = ({ edges }: Topology, from: string, to: string) =>
  edges.find(({ id }) => id === `${from}→${to}`)?.label;

/** The stack of a subscriber under another name. */
const renamed = ({ name, template }: AssembledStack, from: string, to: string): AssembledStack =>
  JSON.parse(JSON.stringify({ name, template }).replaceAll(`rollcall-dev-${from}`, `rollcall-dev-${to}`));

describe('the flow of a stage', () => {
  it.each(['sms', 'points', 'guide'])(
    'has the subscription, the queue, the dead letters and the replies of %s',
    (name) => {
      expect(labelOf(flow, TOPIC, queue(name))).toBe('delivers');
      expect(labelOf(flow, TOPIC, queue(`${name}-undelivered`))).toBe('cannot deliver');
      expect(labelOf(flow, queue(name), fn(`${name}-consume`))).toBe('consumes');
      expect(labelOf(flow, queue(name), queue(`${name}-dlq`))).toBe('gives up');
      expect(labelOf(flow, fn(`${name}-consume`), standard('registration-replies'))).toBe('sends');
      expect(flow.nodes).toContainEqual({
        id: queue(`${name}-dlq`),
        kind: 'dead letters',
        name: `${name}-dlq.fifo`,
        service: name,
        resources: [`rollcall-dev-${name}-dlq.fifo`],
      });
    },
  );

  it('leads from the client to the outbox, the relay, and the channels of the relay', () => {
    expect(labelOf(flow, 'client:client', 'api:rollcall-dev')).toBe('requests');
    expect(labelOf(flow, 'api:rollcall-dev', 'functions:registration')).toBe('requests');
    expect(labelOf(flow, 'functions:registration', OUTBOX)).toBe('writes');
    expect(labelOf(flow, OUTBOX, fn('registration-outbox-relay'))).toBe('stream');
    expect(labelOf(flow, fn('registration-outbox-relay'), TOPIC)).toBe('publishes');
    expect(labelOf(flow, fn('registration-outbox-relay'), queue('points-commands'))).toBe('sends');
    expect(labelOf(flow, fn('sms-consume'), 'provider:sms')).toBe('calls');
    expect(labelOf(flow, fn('sms-commands-consume'), 'provider:sms')).toBe('calls');
  });

  it('combines functions that only serve routes into one node, and shows no table except the outbox', () => {
    const functions = flow.nodes.find(({ kind }) => kind === 'functions');
    expect(functions).toMatchObject({ name: `registration (${functions?.resources.length} functions)` });
    expect(functions?.resources).toContain('rollcall-dev-registration-register');
    expect(flow.nodes.filter(({ kind }) => kind === 'table').map(({ id }) => id)).toEqual([OUTBOX]);
  });

  it('shows a call from a function that may send SMS through AWS to the provider `sms`', async () => {
    const prod = await topologyOf(readAssembly(inject('prod')).stacks, 'rollcall-prod-');
    expect(labelOf(prod, 'function:rollcall-prod-sms-consume', 'provider:sms')).toBe('calls');
  });

  it('shows all nodes with `all`', async () => {
    const all = await topologyOf(stacks, 'rollcall-dev-', { all: true });
    expect(labelOf(all, queue('sms-dlq'), fn('sms-sweep'))).toBe('sets aside');
    expect(labelOf(all, OUTBOX, fn('registration-outbox-sweep'))).toBe('swept, rate(1 minute)');
    expect(labelOf(all, fn('registration-read'), 'table:rollcall-dev-members')).toBe('reads');
    expect(labelOf(all, fn('registration-outbox-relay'), OUTBOX)).toBe('removes');
    expect(all.nodes.filter(({ kind }) => kind === 'function')).toHaveLength(
      stacks.flatMap(({ template }) =>
        Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function'),
      ).length,
    );
  });

  it('has each node and edge once, and no dangling edge', async () => {
    for (const { nodes, edges } of [flow, await topologyOf(stacks, 'rollcall-dev-', { all: true })]) {
      const ids = nodes.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(new Set(edges.map(({ id }) => id)).size).toBe(edges.length);
      for (const { from, to } of edges) expect(ids).toEqual(expect.arrayContaining([from, to]));
    }
  });

  it('includes a new subscriber from its template', async () => {
    const guide = stacks.find(({ name }) => name === 'rollcall-dev-guide') as AssembledStack;
    const more = await topologyOf([...stacks, renamed(guide, 'guide', 'letters')], 'rollcall-dev-');
    expect(labelOf(more, TOPIC, queue('letters'))).toBe('delivers');
    expect(labelOf(more, queue('letters'), fn('letters-consume'))).toBe('consumes');
    expect(more.nodes.find(({ id }) => id === queue('letters'))).toMatchObject({ service: 'letters' });
    expect(consumersOf(more)).toContainEqual({ name: 'letters', queue: 'rollcall-dev-letters.fifo', subscribes: true });
  });
});

describe('the consumers of a stage', () => {
  it('are all functions that consume messages of the contracts from a queue', () => {
    const names = consumersOf(flow).map(({ name }) => name);
    const byCommandsAndReplies = ['points-commands', 'registration-outcomes', 'registration-replies', 'sms-commands'];
    expect(names.toSorted()).toEqual(['guide', 'sms', 'points', ...byCommandsAndReplies].toSorted());
  });

  it('are subscribers if a topic delivers to their queue', async () => {
    for (const stage of [flow, await topologyOf(readAssembly(inject('prod')).stacks, 'rollcall-prod-')]) {
      expect(subscribersOf(consumersOf(stage)).toSorted()).toEqual(['guide', 'points', 'sms']);
    }
  });
});

describe('a drawing', () => {
  it('shows each node once, and only its name at further edges to it', () => {
    const plain = { label: (text: string) => text, name: (text: string) => text };
    const lines = drawText(flow, plain).split('\n');
    expect(lines[0]).toBe('client');
    expect(lines.filter((line) => line.endsWith('→ registration-replies'))).toHaveLength(1);
    expect(lines.filter((line) => line.endsWith('→ registration-replies ↑')).length).toBeGreaterThan(1);
    expect(lines).toHaveLength(flow.edges.length + 1);
  });

  it('is a flowchart for mermaid', () => {
    const chart = drawMermaid(flow);
    expect(chart).toMatch(/^flowchart LR\n/);
    expect(chart).toContain('{{"member-events.fifo"}}');
    expect(chart.match(/-->/g)).toHaveLength(flow.edges.length);
  });
});
