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

/** Why a request is invalid for SQS by its field types, which fauxqs does not check; undefined if it is valid. */
export function whyMistyped(request: unknown): string | undefined {
  if (!isMap(request)) return 'The request is no object.';
  const { Entries = [] } = request;
  if (!Array.isArray(Entries) || !Entries.every(isMap)) return 'Entries is no list of entries.';
  return [request, ...Entries].map(whyFieldMistyped).find((why) => why !== undefined);
}

function whyFieldMistyped(fields: Fields): string | undefined {
  const isThere = (name: string) => fields[name] !== undefined && fields[name] !== null;
  const number = INTEGERS.find((name) => isThere(name) && !Number.isInteger(fields[name]));
  if (number) return `Value ${fields[number]} for parameter ${number} is invalid. Reason: Must be an integer.`;
  const map = MAPS.find((name) => isThere(name) && !isMap(fields[name]));
  return map && `${map} is no map.`;
}
