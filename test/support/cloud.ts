import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { changeSwitches, type Switch } from '@rollcall/kit/internal/resilience/switches';
import { type Cloud, type CloudOptions, startCloud } from '@rollcall/local/internal/cloud';
import type { Faults } from '@rollcall/local/internal/faults/faults';
import { OPERATOR } from '@rollcall/local/internal/iam/access';
import { signedFetch } from '@rollcall/local/internal/iam/signed-fetch';
import type { ApiAnswer } from '@rollcall/local/internal/inspection/clients';
import { inject, onTestFinished } from 'vitest';
import { stageNamed } from '../../infra/stages.ts';
import { EVERY_MEMBER } from '../../ops/every-member.ts';
import type { SmsFault } from '../../ops/sms-sandbox/faults.ts';
import type { Gateway } from '../../ops/sms-sandbox/gateway.ts';
import type { SentText, TextFaults } from '../../ops/sms-sandbox/mailbox.ts';
import { smsSandbox } from '../../ops/sms-sandbox/sandbox.ts';
import type { Capability, Mode } from '../../shared/config/capabilities.ts';
import type { SmsSettings } from '../../shared/config/sms-settings.ts';
import { channels } from '../../shared/contracts/channels.ts';

const PATIENCE_MS = 100_000;

/**
 * Calls `look` every `everyMs` milliseconds until it returns neither undefined nor `false`. Fails after `PATIENCE_MS`.
 * @returns what `look` returned last
 */
export async function eventually<T>(look: () => Promise<T | undefined | false>, everyMs = 20): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > deadline) throw new Error(`timed out waiting for: ${look}`);
    await delay(everyMs);
  }
}

/** The faults of the cloud and of the SMS sandbox. */
export type TestFaults = Faults & TextFaults;

export type TestCloudOptions = Partial<CloudOptions> & { faults?: TestFaults };

export interface TestCloud extends Cloud {
  /** The SMS gateways. The first one lists the SMS that were sent. */
  gateways: readonly Gateway[];
  /** Returns a token that allows reading and changing every member. */
  operatorToken(): Promise<string>;
  /** Sends a request with an operator's token, unless `headers` contains another token. */
  request: Cloud['request'];
  /** Calls a method of MemberService in JSON, signed as an operator with Signature Version 4. */
  rpc(method: string, message: object): Promise<ApiAnswer>;
  texts(phone: string): Promise<SentText[]>;
  /** Injects a fault into an SMS provider or an instance of the gateway. Without `kind`, removes the fault. */
  breakSms(target: string, kind?: SmsFault['kind'], ms?: number): Promise<void>;
  /** Simulates an inbound SMS, which the provider reports. */
  replyFrom(from: string, text: string, provider?: string): Promise<void>;
  /** Returns the number of send requests, by SMS provider and instance. */
  requestsByProvider(): Promise<Record<string, number>>;
  /** Returns the items about a member in a service's table. */
  items(table: string, memberId: string): Promise<Array<Record<string, any>>>;
  /**
   * Sends a message to a queue in the name of the function `fn`, with the role of the function `role`. Default: the
   * role of `fn`.
   */
  sendAs(fn: string, queue: string, group: string, body: string, role?: string): Promise<void>;
}

const operatorFetch = signedFetch(OPERATOR);

/** Starts an embedded cloud in memory, with clients of its services. The caller must stop the cloud. */
export async function startTestCloud(options: TestCloudOptions = {}): Promise<TestCloud> {
  const { faults } = options;
  const sandbox = smsSandbox(faults && { faults });
  const cloud = await startCloud({ assembly: inject('dev'), beside: [sandbox], ...options });
  const smsUrl = cloud.beside.sms;
  let token: Promise<string> | undefined;
  const operatorToken = () => {
    token ??= cloud.issuer.token(EVERY_MEMBER);
    return token;
  };
  return {
    ...cloud,
    gateways: sandbox.gateways,
    operatorToken,

    async stop() {
      writeFileSync(join(inject('usedGrants'), randomUUID()), JSON.stringify(cloud.access.grants().used));
      await cloud.stop();
    },

    request: async (method, path, body, headers) =>
      cloud.request(method, path, body, { authorization: `Bearer ${await operatorToken()}`, ...headers }),

    async rpc(method, message) {
      const response = await operatorFetch(`${cloud.apiUrl}/rollcall.members.v1.MemberService/${method}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(message),
      });
      return { status: response.status, headers: response.headers, body: await response.json() };
    },

    async texts(phone) {
      const response = await fetch(`${smsUrl}/messages?to=${encodeURIComponent(phone)}`);
      return ((await response.json()) as { messages: SentText[] }).messages;
    },

    async breakSms(target, kind, ms) {
      const response = await fetch(`${smsUrl}/faults/${target}`, {
        method: kind ? 'PUT' : 'DELETE',
        ...(kind && { body: JSON.stringify({ kind, ms }) }),
      });
      if (!response.ok) throw new Error(await response.text());
    },

    async replyFrom(from, text, provider = 'http') {
      const body = JSON.stringify({ from, text, provider });
      const response = await fetch(`${smsUrl}/inbound`, { method: 'POST', body });
      if (!response.ok) throw new Error(await response.text());
    },

    requestsByProvider: async () => (await fetch(`${smsUrl}/asked`)).json() as Promise<Record<string, number>>,

    async items(table, memberId) {
      const key = table === 'outbox' ? 'aggregateId' : 'pk';
      const { Items = [] } = await cloud.dynamodb.send(
        new QueryCommand({
          TableName: `rollcall-dev-${table}`,
          ConsistentRead: true,
          KeyConditionExpression: '#key = :member',
          ExpressionAttributeNames: { '#key': key },
          ExpressionAttributeValues: { ':member': memberId },
        }),
      );
      return Items;
    },

    async sendAs(fn, queue, group, body, role = fn) {
      const roleArn = `arn:aws:iam::000000000000:role/rollcall-dev-${role}`;
      const client = new SQSClient({
        ...cloud.config,
        credentials: cloud.access.credentialsOf(roleArn, `rollcall-dev-${fn}`),
      });
      const QueueUrl = `${cloud.endpointUrl}/000000000000/${queueOf(queue)}`;
      const ids = { MessageGroupId: group, MessageDeduplicationId: randomUUID() };
      await client.send(
        new SendMessageCommand({ QueueUrl, MessageBody: body, ...(queueOf(queue).endsWith('.fifo') && ids) }),
      );
    },
  };
}

/** Returns the name of a consumer's queue. The queue is FIFO unless the channel is unordered. */
export function queueOf(consumer: string, kind: '' | '-dlq' | '-undelivered' = ''): string {
  const channel = channels.find(({ name }) => name === consumer);
  return `rollcall-dev-${consumer}${kind}${channel?.ordered === false ? '' : '.fifo'}`;
}

let phones = 0;
/** A valid phone that no other call returns. */
export const newPhone = () => `+346${String(10_000_000 + phones++)}`;

/** Returns the environment variable with the SMS settings: the settings of stage dev, with the given changes. */
export const smsEnvironment = (settings: Partial<SmsSettings>): Record<string, string> => ({
  SMS: JSON.stringify({ ...stageNamed('dev').sms, ...settings }),
});

/** Injects no faults. */
export const noFaults: TestFaults = {
  call: () => undefined,
  death: () => undefined,
  text: () => undefined,
  happened() {},
  answered() {},
};

/** Starts a cloud that stops at the end of the test. */
export async function cloudOf(options: TestCloudOptions = {}): Promise<TestCloud> {
  const cloud = await startTestCloud(options);
  onTestFinished(() => cloud.stop());
  return cloud;
}

let switched = 0;
/** Switches a capability the way an operator does. */
export function switchTo(cloud: TestCloud, capability: Capability, mode: Mode, more: Partial<Switch> = {}) {
  const change = { capability, mode, by: 'test', why: 'test', at: new Date().toISOString(), ...more };
  return changeSwitches(cloud.dynamodb, SWITCHES, [change], [`${++switched}`]);
}

export const SWITCHES = 'rollcall-dev-switches';
