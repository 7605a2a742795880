import { InvokeCommand, type InvokeCommandInput, LambdaClient } from '@aws-sdk/client-lambda';
import { describe, expect, inject, it, vi } from 'vitest';
import { clientConfig, uniqueName } from './aws.ts';

const lambda = new LambdaClient(clientConfig);
const { echoFunction: FunctionName } = inject('aws');

async function invoke(event: unknown, more: Partial<InvokeCommandInput> = {}) {
  const Payload = typeof event === 'string' ? event : JSON.stringify(event);
  const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload, ...more }));
  const log = Buffer.from(answer.LogResult ?? '', 'base64').toString();
  const text = answer.Payload?.transformToString() ?? '';
  return { ...answer, log, result: text === '' ? undefined : JSON.parse(text) };
}

const refusal = (event: unknown, more: Partial<InvokeCommandInput> = {}) =>
  invoke(event, more).catch(({ name, $metadata }) => [$metadata.httpStatusCode, name]);

// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
if (!FunctionName)
  console.warn(
    'Invoke is not tested: set FIDELITY_FUNCTION to a function that does the same as ECHO in test/fidelity/setup.ts.',
  );

describe.runIf(FunctionName)('Invoke', () => {
  it("returns the function's result, and the version that ran", async () => {
    const { StatusCode, ExecutedVersion, FunctionError, LogResult, result } = await invoke({ a: 1 });
    expect({ StatusCode, ExecutedVersion, FunctionError, LogResult, result }).toEqual({
      ...{ StatusCode: 200, ExecutedVersion: '$LATEST', result: { a: 1 } },
      ...{ FunctionError: undefined, LogResult: undefined },
    });
  });

  it('returns 200 and the error of a failed function', async () => {
    const { StatusCode, FunctionError, result } = await invoke({ fail: 'no' });
    expect([StatusCode, FunctionError]).toEqual([200, 'Unhandled']);
    expect(result).toMatchObject({ errorType: 'TypeError', errorMessage: 'no' });
  });

  it('returns 202 to an event immediately, and 204 to a dry run, which runs nothing', async () => {
    const [run, notRun] = [uniqueName('run'), uniqueName('not-run')];
    const takeMark = async (mark: string) => (await invoke({ takeMark: mark })).result;
    expect(await invoke({ mark: notRun }, { InvocationType: 'DryRun' })).toMatchObject({ StatusCode: 204 });
    const event = await invoke({ mark: run }, { InvocationType: 'Event' });
    expect(event).toMatchObject({ StatusCode: 202, result: undefined });
    await vi.waitUntil(() => takeMark(run), { timeout: 60_000, interval: 20 });
    expect(await takeMark(notRun)).toBe(false);
  });

  it('passes the client context to the function', async () => {
    const clientContext = { client: { appTitle: 'shop' }, Custom: { a: 'b' } };
    const ClientContext = Buffer.from(JSON.stringify(clientContext)).toString('base64');
    expect((await invoke({ context: true }, { ClientContext })).result).toEqual({ clientContext });
    expect((await invoke({ context: true })).result).toEqual({});
  });

  it('refuses an unknown invocation type or log type', async () => {
    const withType = (type: string) => ({ InvocationType: type as 'Event' });
    for (const type of ['Sometime', 'toString']) expect(String(await refusal({}, withType(type)))).toMatch(/^400,/);
    expect(String(await refusal({}, { LogType: 'Head' as 'Tail' }))).toMatch(/^400,/);
  });

  it("accepts the function's ARN, but no ARN of another account or region", async () => {
    const arn = (await invoke({ arn: true })).result as string;
    const [account = ''] = /\d{12}/.exec(arn) ?? [];
    for (const name of [arn, `${arn}:$LATEST`, `${account}:function:${FunctionName}`])
      expect(await invoke({ a: 1 }, { FunctionName: name })).toMatchObject({ result: { a: 1 } });
    const region = arn.replace(/:lambda:[^:]+:/, ':lambda:eu-south-2:');
    expect(String(await refusal({}, { FunctionName: region }))).toMatch(/^40[34],/);
    const other = arn.replace(/\d{12}/, '0'.repeat(11).concat('1'));
    expect(String(await refusal({}, { FunctionName: other }))).toMatch(/^40[34],/);
  });

  it('accepts the version in the parameter Qualifier, or in the name', async () => {
    expect(await invoke({ a: 1 }, { Qualifier: '$LATEST' })).toMatchObject({ result: { a: 1 } });
    expect(await invoke({ a: 1 }, { FunctionName: `${FunctionName}:$LATEST` })).toMatchObject({ result: { a: 1 } });
  });

  it('refuses an unknown function, version or alias', async () => {
    const missing = [404, 'ResourceNotFoundException'];
    expect(await refusal({}, { FunctionName: `${FunctionName}-none` })).toEqual(missing);
    expect(await refusal({}, { Qualifier: 'none' })).toEqual(missing);
    expect(await refusal({}, { Qualifier: '999999' })).toEqual(missing);
    expect(await refusal({}, { FunctionName: `${FunctionName}:none` })).toEqual(missing);
  });

  it.each(['RequestResponse', 'Event'] as const)('refuses a payload that is not JSON: %s', async (InvocationType) => {
    expect(await refusal('{"a":', { InvocationType })).toEqual([400, 'InvalidRequestContentException']);
  });

  // https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
  it('refuses a payload of more than 6 MB, or of more than 1 MB for an event', async () => {
    const tooLarge = [413, 'RequestTooLargeException'];
    expect(await refusal({ text: 'x'.repeat(6 * 1024 ** 2) })).toEqual(tooLarge);
    expect(await refusal({ text: 'x'.repeat(1024 ** 2) }, { InvocationType: 'Event' })).toEqual(tooLarge);
  });

  // The limit is 6 MB according to https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html. In Lambda's error
  // message, the limit is 100 bytes higher, according to AWS's own test:
  // https://github.com/aws/aws-lambda-dotnet/blob/6fb799d3342c603ad9fc2d8c8beff41ba4665df9/Libraries/test/Amazon.Lambda.RuntimeSupport.Tests/Amazon.Lambda.RuntimeSupport.IntegrationTests/CustomRuntimeTests.cs
  it('returns an error if the function returns more than 6 MB and 100 bytes', async () => {
    const quotes = 2;
    const { FunctionError, result } = await invoke({ bytes: 6_291_556 - quotes + 1 });
    expect([FunctionError, result.errorType]).toEqual(['Unhandled', 'Function.ResponseSizeTooLarge']);
    expect(result.errorMessage).toMatch(/exceeded maximum allowed payload size \(6291556 bytes\)/);
    expect((await invoke({ bytes: 6_291_556 - quotes })).FunctionError).toBeUndefined();
  });

  it("returns the end of this invocation's log, if requested", async () => {
    await invoke({ log: Array.from({ length: 300 }, () => 'of another') });
    const { log } = await invoke({ log: ['first', 'second', 'third'] }, { LogType: 'Tail' });
    expect(log).toMatch(
      /^START RequestId: (\S+) Version: \$LATEST\n.*first\n.*second\n.*third\n.*END RequestId: \1\nREPORT RequestId: \1\tDuration: /s,
    );
    expect(log).not.toContain('of another');
  });

  it('returns at most the last 4 KB of the log, also for a failed function', async () => {
    const lines = Array.from({ length: 1_000 }, (_, line) => `line ${line} ${'.'.repeat(200)}`);
    const { log } = await invoke({ log: lines }, { LogType: 'Tail' });
    expect(Buffer.byteLength(log)).toBe(4096);
    expect(log).toContain('line 999 ');
    expect(log.indexOf('line 999 ')).toBeLessThan(log.indexOf('END RequestId: '));
    expect((await invoke({ fail: 'no' }, { LogType: 'Tail' })).log).toContain('TypeError: no');
  });
});
