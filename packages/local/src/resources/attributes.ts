/**
 * Converts the named properties to attributes of the SNS or SQS API. The names are the same, but the values of
 * attributes are strings.
 */
export function attributesOf(properties: Record<string, unknown>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = properties[name];
      if (value === undefined) return [];
      return [[name, typeof value === 'object' ? JSON.stringify(value) : String(value)]];
    }),
  );
}
