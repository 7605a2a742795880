export interface Listed {
  key: string;
}

export interface ListOptions {
  prefix?: string;
  delimiter?: string;
  maxKeys?: number;
  startAfter?: string;
  marker?: string;
}

const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/**
 * A page of a list of objects, in the byte order of their keys
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/ListingKeysUsingAPIs.html).
 */
export function listPage<T extends Listed>(
  objects: Iterable<T>,
  { prefix = '', delimiter = '', maxKeys = 1000, startAfter, marker }: ListOptions,
): { objects: T[]; commonPrefixes: string[]; isTruncated: boolean } {
  const after = startAfter || marker || '';
  const entries = new Map<string, T | undefined>();
  for (const object of [...objects].toSorted((a, b) => compare(a.key, b.key))) {
    const { key } = object;
    if (!key.startsWith(prefix)) continue;
    const at = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
    const name = at < 0 ? key : key.slice(0, at + delimiter.length);
    if (compare(name, after) > 0) entries.set(name, at < 0 ? object : undefined);
  }
  const page = [...entries].slice(0, maxKeys);
  const isTruncated = maxKeys > 0 && entries.size > maxKeys;
  // The emulator starts the next page after the last object, so common prefixes after this object belong to the next
  // page.
  if (isTruncated && page.some(([, object]) => object)) while (page.at(-1)?.[1] === undefined) page.pop();
  return {
    objects: page.flatMap(([, object]) => object ?? []),
    commonPrefixes: page.filter(([, object]) => object === undefined).map(([name]) => name),
    isTruncated,
  };
}
