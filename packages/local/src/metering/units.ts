/** An item in DynamoDB's JSON. */
type Item = Record<string, AttributeValue>;
type AttributeValue = Record<string, unknown>;

/** The billed units of a table or of an index. */
export interface Units {
  write: number;
  read: number;
  /** The part of `write` that was computed, because DynamoDB did not report these units. */
  computed: number;
}

/** Units by the name of a table, or by `TABLE/INDEX`. */
export type UnitsByTable = Record<string, Units>;

interface ConsumedCapacity {
  TableName: string;
  Table?: { CapacityUnits?: number };
  GlobalSecondaryIndexes?: Record<string, { CapacityUnits?: number }>;
}

interface Write {
  TableName?: string;
  Item?: Item;
  ReturnValuesOnConditionCheckFailure?: string;
}

interface DynamodbResponse {
  __type?: string;
  ConsumedCapacity?: ConsumedCapacity | ConsumedCapacity[];
  /** The item whose condition failed. */
  Item?: Item;
  CancellationReasons?: Array<{ Code?: string; Item?: Item }>;
}

const WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem']);
const READS = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan', 'TransactGetItems']);
const BATCHES = new Set(['BatchWriteItem', 'TransactWriteItems']);
/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html */
const WRITE_UNIT_BYTES = 1024;
const TRANSACTION_FACTOR = 2;

/** Changes a request so that DynamoDB returns the consumed capacity, and the item if a condition fails. */
export function withCapacityReport(operation: string, request: string): string {
  const isWrite = WRITES.has(operation);
  if (!isWrite && !READS.has(operation) && !BATCHES.has(operation)) return request;
  const metered = { ...(JSON.parse(request) as Write), ReturnConsumedCapacity: 'INDEXES' };
  const { TransactItems } = metered as { TransactItems?: Array<Record<string, Write>> };
  if (isWrite) metered.ReturnValuesOnConditionCheckFailure = 'ALL_OLD';
  if (operation === 'TransactWriteItems')
    for (const write of (TransactItems ?? []).flatMap((one) => Object.values(one)))
      write.ReturnValuesOnConditionCheckFailure = 'ALL_OLD';
  return JSON.stringify(metered);
}

/**
 * The units of a call, as DynamoDB reports them. DynamoDB does not report the units of a write with a failed condition,
 * so these units are computed from the sizes of the items.
 */
export function unitsOf(operation: string, request: string, response: string): UnitsByTable {
  const parsed = JSON.parse(response || '{}') as DynamodbResponse;
  if (parsed.__type !== undefined) return unitsOfFailedWrite(operation, request, parsed);
  const units: UnitsByTable = {};
  const kind = READS.has(operation) ? 'read' : 'write';
  for (const { TableName, Table, GlobalSecondaryIndexes = {} } of [parsed.ConsumedCapacity ?? []].flat()) {
    addUnits(units, TableName, { [kind]: Table?.CapacityUnits ?? 0 });
    for (const [index, { CapacityUnits = 0 }] of Object.entries(GlobalSecondaryIndexes))
      addUnits(units, `${TableName}/${index}`, { [kind]: CapacityUnits });
  }
  return units;
}

/**
 * The units of a write with a failed condition. Such a write is billed by the size of the existing or the new item,
 * whichever is larger (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html).
 * For a cancelled transaction, every item is counted as written.
 */
function unitsOfFailedWrite(
  operation: string,
  request: string,
  { __type = '', Item, CancellationReasons }: DynamodbResponse,
) {
  const units: UnitsByTable = {};
  const bill = ({ TableName = '', Item: replacing }: Write, existing: Item | undefined, factor: number) => {
    const bytes = Math.max(sizeOf(existing), sizeOf(replacing));
    const billed = factor * Math.max(1, Math.ceil(bytes / WRITE_UNIT_BYTES));
    addUnits(units, TableName, { write: billed, computed: billed });
  };
  if (__type.endsWith('#ConditionalCheckFailedException') && WRITES.has(operation))
    bill(JSON.parse(request) as Write, Item, 1);
  if (__type.endsWith('#TransactionCanceledException') && operation === 'TransactWriteItems') {
    const { TransactItems } = JSON.parse(request) as { TransactItems: Array<Record<string, Write>> };
    for (const [index, parts] of TransactItems.entries())
      for (const write of Object.values(parts)) bill(write, CancellationReasons?.[index]?.Item, TRANSACTION_FACTOR);
  }
  return units;
}

export function addUnits(
  all: UnitsByTable,
  table: string,
  { write = 0, read = 0, computed = 0 }: Partial<Units>,
): void {
  if (write + read === 0) return;
  const { [table]: before = { write: 0, read: 0, computed: 0 } } = all;
  all[table] = { write: before.write + write, read: before.read + read, computed: before.computed + computed };
}

/**
 * The size of an item, in bytes:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function sizeOf(item: Item | undefined): number {
  return Object.entries(item ?? {}).reduce((bytes, [name, value]) => bytes + utf8(name) + sizeOfValue(value), 0);
}

const utf8 = (text: string) => Buffer.byteLength(text);
/** The overhead of a list or map, and of each of its elements. */
const CONTAINER_BYTES = 3;
const ELEMENT_BYTES = 1;

function sizeOfValue(typed: AttributeValue): number {
  const [[type = '', value] = []] = Object.entries(typed);
  const sum = (sizes: number[]) => sizes.reduce((all, size) => all + size, 0);
  switch (type) {
    case 'S':
      return utf8(value as string);
    case 'N':
      return sizeOfNumber(value as string);
    case 'B':
      return Buffer.from(value as string, 'base64').length;
    case 'SS':
      return sum((value as string[]).map(utf8));
    case 'NS':
      return sum((value as string[]).map(sizeOfNumber));
    case 'BS':
      return sum((value as string[]).map((bytes) => Buffer.from(bytes, 'base64').length));
    case 'L':
      return CONTAINER_BYTES + sum((value as AttributeValue[]).map((one) => ELEMENT_BYTES + sizeOfValue(one)));
    case 'M': {
      const entries = Object.entries(value as Item);
      return CONTAINER_BYTES + sum(entries.map(([name, one]) => ELEMENT_BYTES + utf8(name) + sizeOfValue(one)));
    }
    default:
      return 1;
  }
}

/** One byte for every two significant digits, and one more. Leading and trailing zeros are not significant. */
const sizeOfNumber = (digits: string) =>
  Math.ceil(digits.replace(/e.*$/i, '').replaceAll(/[-.]/g, '').replace(/^0+/, '').replace(/0+$/, '').length / 2) + 1;
