import { mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** Tests that need the AWS CLI: `npm run test:aws-cli`. */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [] } },
  { test: { include: ['test/aws-cli/*.test.ts'] } },
);
