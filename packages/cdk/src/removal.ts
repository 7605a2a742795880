import { RemovalPolicy } from 'aws-cdk-lib';
import type { Stage } from './stage.ts';

/**
 * The removal policy of resources with data. If a stage keeps its data, a resource remains unless the deployment that
 * creates the resource fails. Otherwise, the name of the resource would block the next deployment. Tables remain in any
 * case, because they have deletion protection, and must be deleted by hand: docs/deploy.md.
 */
export const removalPolicyOf = ({ keepData }: Stage) =>
  keepData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
