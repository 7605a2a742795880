import { CloudError } from '../errors/cloud-error.ts';
import type { Deployed, ResourceInput, ResourceProvider } from '../template/resource.ts';
import { checkProperties } from './properties.ts';

/** A created resource: its properties with intrinsics resolved, and its attributes. */
export type CreatedResource = ResourceInput & Deployed;

/** Wraps providers to record what they created; refuses to create something twice or in part. */
export const recording = (
  providers: Record<string, ResourceProvider>,
  created: CreatedResource[],
): Record<string, ResourceProvider> =>
  Object.fromEntries(
    Object.entries(providers).map(([type, provide]): [string, ResourceProvider] => [
      type,
      async (resource) => {
        checkProperties(resource);
        const deployed = await provide(resource);
        checkNew(created, { ...resource, ...deployed });
        created.push({ ...resource, ...deployed });
        return deployed;
      },
    ]),
  );

const arnOf = ({ attributes: { Arn, TopicArn } = {} }: CreatedResource): string | undefined => Arn ?? TopicArn;

/**
 * @throws {CloudError} if the same resource was created for another logical id: on AWS the second would fail, or be in
 * another account or region
 */
function checkNew(created: readonly CreatedResource[], one: CreatedResource): void {
  const arn = arnOf(one);
  if (arn === undefined) return;
  const other = created.find((each) => each.type === one.type && arnOf(each) === arn);
  if (!other) return;
  throw new CloudError(
    `${other.stack} and ${one.stack} both make ${arn} (${other.logicalId}, ${one.logicalId}); the embedded cloud is one account and region. Have the app make one of them, as by its context.`,
  );
}
