import { RemovalPolicy } from 'aws-cdk-lib';
import type { Stage } from './stage.ts';

/**
 * The removal policy of resources with data. A failed first deployment removes even resources that are otherwise kept,
 * because the names of these resources would block the second deployment. Tables with deletion protection must be
 * deleted by hand: docs/deploy.md.
 */
export const removalPolicyOf = ({ keepData }: Stage) =>
  keepData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
