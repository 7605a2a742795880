interface Named {
  /** `arn:aws:lambda:REGION:ACCOUNT:`, `ACCOUNT:`, or empty. */
  prefix: string;
  functionName: string;
  qualifier?: string | undefined;
}

/**
 * By name, by account and name, or by ARN, each optionally with a qualifier
 * (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html).
 */
export function functionNamed(name: string): Named {
  const [, prefix = '', functionName = '', qualifier] = /^(?:(.*:)function:)?([^:]*)(?::([^:]*))?$/.exec(name) ?? [];
  return { prefix, functionName, qualifier };
}

/** Whether the region and account that a caller names, if any, are those of a function. */
export function matchesPrefix(prefix: string, arn: string): boolean {
  const account = `${arn.split(':')[4]}:`;
  return ['', account, functionNamed(arn).prefix].includes(prefix);
}
