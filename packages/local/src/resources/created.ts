import { CloudError } from '../errors/cloud-error.ts';
import type { Deployed, ResourceInput, ResourceProvider } from '../template/resource.ts';
import { checkProperties } from './properties.ts';

/** A created resource: its resolved properties, and its attributes. */
export type CreatedResource = ResourceInput & Deployed;

/**
 * Wraps providers so that they record the resources that they create, and reject unsupported properties and a second
 * resource with the same ARN.
 */
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
 * @throws {CloudError} if a resource with the same ARN was already created. On AWS, the creation of the second resource
 * would fail, or this resource would be in another account or region
 */
function checkNew(created: readonly CreatedResource[], one: CreatedResource): void {
  const arn = arnOf(one);
  if (arn === undefined) return;
  const other = created.find((each) => each.type === one.type && arnOf(each) === arn);
  if (!other) return;
  throw new CloudError(
    `${other.stack} and ${one.stack} both create ${arn} (${other.logicalId}, ${one.logicalId}). The embedded cloud is a single account and region. Make the app create only one of these stacks, for example by its CDK context.`,
  );
}
