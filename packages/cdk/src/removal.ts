import { RemovalPolicy } from 'aws-cdk-lib';
import type { Stage } from './stage.ts';

/**
 * A failed first deployment removes its resources, since the names would block the second. Tables with deletion
 * protection must be deleted by hand: README.md.
 */
export const removalPolicyOf = ({ keepData }: Stage) =>
  keepData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
