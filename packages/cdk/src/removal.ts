import { RemovalPolicy } from 'aws-cdk-lib';
import type { Stage } from './stage.ts';

/**
 * A first deployment that fails takes what it made with it, or the names would block the second. Tables that are
 * protected against deletion it has to leave to a person: README.md.
 */
export const removalPolicyOf = ({ keepData }: Stage) =>
  keepData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
