/** A message that was published on a topic. */
export interface Published {
  body: string;
  group: string;
  attributes: Record<string, string>;
}

const ENTRY = /^(?:PublishBatchRequestEntries\.member\.(\d+)\.)?(.+)$/;
const ATTRIBUTE = /^MessageAttributes\.entry\.(\d+)\.(Name|Value\.StringValue)$/;

/**
 * The messages in a request of Publish or PublishBatch, with their ids in the batch
 * (https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html).
 */
export function entriesOf(form: URLSearchParams): Array<Published & { id: string }> {
  const entries = new Map<string, Map<string, string>>();
  for (const [name, value] of form) {
    const [, position = '', field = ''] = ENTRY.exec(name) ?? [];
    const fields = entries.get(position) ?? new Map<string, string>();
    entries.set(position, fields.set(field, value));
  }
  return [...entries.values()]
    .filter((fields) => fields.has('Message'))
    .map((fields) => ({
      id: fields.get('Id') ?? '',
      body: fields.get('Message') ?? '',
      group: fields.get('MessageGroupId') ?? '',
      attributes: attributesOf(fields),
    }));
}

function attributesOf(fields: ReadonlyMap<string, string>): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [field, name] of fields) {
    const [, position, part] = ATTRIBUTE.exec(field) ?? [];
    if (part === 'Name') attributes[name] = fields.get(`MessageAttributes.entry.${position}.Value.StringValue`) ?? '';
  }
  return attributes;
}

/** The ids of the failed entries in a response to PublishBatch. */
export function failedIn(response: string): ReadonlySet<string> {
  const [, failed = ''] = /<Failed>(.*)<\/Failed>/s.exec(response) ?? [];
  return new Set([...failed.matchAll(/<Id>([^<]*)<\/Id>/g)].map(([, id]) => id ?? ''));
}
