import { environmentOf } from '@rollcall/local/internal/template/environment';
import { describe, expect, it } from 'vitest';
import { functionResources, startSmallCloud } from '../support/small-cloud.ts';

const ACCOUNT = '1'.repeat(12);

describe('an app with an environment', () => {
  it('uses the region of the environment, but the account of the embedded cloud', async () => {
    const Environment = { Variables: { QUEUE_ARN: `arn:aws:sqs:eu-west-1:${ACCOUNT}:orders` } };
    const source = `export const handler = async (_, { invokedFunctionArn }) =>
      [process.env.AWS_REGION, process.env.QUEUE_ARN, invokedFunctionArn];`;
    await using cloud = await startSmallCloud({
      environment: `aws://${ACCOUNT}/eu-west-1`,
      resources: functionResources('where', 'code', { Environment }),
      code: { code: source },
    });
    expect(await cloud.invoke('where', {})).toEqual([
      'eu-west-1',
      'arn:aws:sqs:eu-west-1:000000000000:orders',
      'arn:aws:lambda:eu-west-1:000000000000:function:where',
    ]);
    expect(cloud.config.region).toBe('eu-west-1');
  });

  it('may set the environment for some stacks only, but may not set several regions', () => {
    const agnostic = 'aws://unknown-account/unknown-region';
    expect(environmentOf([agnostic])).toEqual({});
    const one = { account: ACCOUNT, region: 'eu-west-1' };
    expect(environmentOf([agnostic, `aws://${ACCOUNT}/eu-west-1`])).toEqual(one);
    const several = ['aws://unknown-account/eu-west-1', 'aws://unknown-account/us-east-1'];
    expect(() => environmentOf(several)).toThrow(
      'The stacks of this app are for several regions: eu-west-1, us-east-1.',
    );
  });
});
