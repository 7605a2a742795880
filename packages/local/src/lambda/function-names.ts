interface Named {
  /** `arn:aws:lambda:REGION:ACCOUNT:`, `ACCOUNT:`, or empty. */
  prefix: string;
  functionName: string;
  qualifier?: string | undefined;
}

/**
 * Parses the identifier of a function: a name, an account and a name, or an ARN, each optionally with a qualifier
 * (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html).
 */
export function parseFunctionName(name: string): Named {
  const [, prefix = '', functionName = '', qualifier] = /^(?:(.*:)function:)?([^:]*)(?::([^:]*))?$/.exec(name) ?? [];
  return { prefix, functionName, qualifier };
}

/**
 * Whether a prefix matches a function's ARN: the account in the prefix, and the region if the prefix contains one, must
 * be those of the ARN. An empty prefix matches every function.
 */
export function matchesPrefix(prefix: string, arn: string): boolean {
  const account = `${arn.split(':')[4]}:`;
  return ['', account, parseFunctionName(arn).prefix].includes(prefix);
}
