import type { Cloud } from '@rollcall/local/internal/cloud';
import { functionResources } from './small-cloud.ts';

/** Logs each event in one line. Throws an error for the first N deliveries of an event that contains `fails-N`. */
export const LISTENER = `const seen = new Map();
export const handler = async (event) => {
  const text = JSON.stringify(event);
  console.log('EVENT ' + text);
  const [, times] = /fails-(\\d+)/.exec(text) ?? [];
  const before = seen.get(text) ?? 0;
  seen.set(text, before + 1);
  if (before < Number(times ?? 0)) throw new Error('it fails');
  return { heard: true };
};`;

/** A function that logs its events. */
export const listener = { resources: functionResources('listener', 'listener'), code: { listener: LISTENER } };

/** Returns the events that the function logged, in order. */
export const loggedEvents = (cloud: Cloud, name = 'listener'): any[] =>
  cloud.logs(name).flatMap((line) => (line.startsWith('EVENT ') ? [JSON.parse(line.slice('EVENT '.length))] : []));

/** A permission for a service to invoke the function. */
export const mayInvoke = (Principal: string, SourceArn: unknown) => ({
  Type: 'AWS::Lambda::Permission',
  Properties: {
    Action: 'lambda:InvokeFunction',
    FunctionName: { 'Fn::GetAtt': ['Function', 'Arn'] },
    Principal,
    SourceArn,
  },
});

/** The policy of a queue that allows a service to send to it. */
export const maySend = (Service: string, Queue = 'Queue') => ({
  Type: 'AWS::SQS::QueuePolicy',
  Properties: {
    Queues: [{ Ref: Queue }],
    PolicyDocument: {
      Statement: {
        ...{ Effect: 'Allow', Principal: { Service }, Action: 'sqs:SendMessage' },
        Resource: { 'Fn::GetAtt': [Queue, 'Arn'] },
      },
    },
  },
});

export const functionArn = { 'Fn::GetAtt': ['Function', 'Arn'] };
