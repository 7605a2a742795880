import { RemovalPolicy } from 'aws-cdk-lib';
import type { Stage } from './stage.ts';

/**
 * The removal policy of resources with data. If a stage keeps its data, CloudFormation deletes such a resource only
 * when the deployment that creates the resource fails, because a remaining name would block the next deployment. Even
 * then, tables remain, because they have deletion protection. They must be deleted by hand: docs/deploy.md.
 */
export const removalPolicyOf = ({ keepData }: Stage) =>
  keepData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
