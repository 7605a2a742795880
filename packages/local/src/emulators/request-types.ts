type Fields = Readonly<Record<string, unknown>>;

const INTEGERS = [
  'DelaySeconds',
  'MaxNumberOfMessages',
  'MaxNumberOfMessagesPerSecond',
  'MaxResults',
  'VisibilityTimeout',
  'WaitTimeSeconds',
];
const MAPS = ['Attributes', 'MessageAttributes', 'MessageSystemAttributes', 'Tags', 'tags'];

const isMap = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The error for a request with field types that SQS rejects but fauxqs accepts; undefined if the types are valid. */
export function typeErrorOf(request: unknown): string | undefined {
  if (!isMap(request)) return 'The request is not an object.';
  const { Entries = [] } = request;
  if (!Array.isArray(Entries) || !Entries.every(isMap)) return 'Entries is not a list of entries.';
  return [request, ...Entries].map(fieldTypeErrorOf).find((error) => error !== undefined);
}

function fieldTypeErrorOf(fields: Fields): string | undefined {
  const isSet = (name: string) => fields[name] !== undefined && fields[name] !== null;
  const number = INTEGERS.find((name) => isSet(name) && !Number.isInteger(fields[name]));
  if (number) return `Value ${fields[number]} for parameter ${number} is invalid. Reason: Must be an integer.`;
  const map = MAPS.find((name) => isSet(name) && !isMap(fields[name]));
  return map && `${map} is not a map.`;
}
