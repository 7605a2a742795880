interface Named {
  /** `arn:aws:lambda:REGION:ACCOUNT:`, `ACCOUNT:`, or empty. */
  place: string;
  functionName: string;
  qualifier?: string | undefined;
}

/** By its name, by account and name, or by its ARN, and each with a qualifier (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html). */
export function functionNamed(name: string): Named {
  const [, place = '', functionName = '', qualifier] = /^(?:(.*:)function:)?([^:]*)(?::([^:]*))?$/.exec(name) ?? [];
  return { place, functionName, qualifier };
}

/** Whether a place that a caller names, or does not, is that of a function. */
export function isPlaceOf(place: string, arn: string): boolean {
  const account = `${arn.split(':')[4]}:`;
  return ['', account, functionNamed(arn).place].includes(place);
}
