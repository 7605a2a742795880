import { isUtf8 } from 'node:buffer';
import type { Type, types } from 'avsc';

/**
 * Decodes a value in Avro's binary encoding. avsc's own reader checks only at the end whether it has read beyond the
 * input. With that reader, five bytes that announce an array of 2^31 items would exhaust the function's memory.
 * @param type the schema with which the value was written
 * @throws {TypeError} if the bytes are not exactly one value of this schema
 */
export function readAvro(type: Type, bytes: Uint8Array): unknown {
  const input = new Input(bytes);
  const value = readValue(type, input);
  if (input.remaining > 0) throw new TypeError(`${input.remaining} bytes follow the value`);
  return value;
}

class Input {
  #at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  take(length: number): Buffer {
    if (length < 0 || length > this.remaining) throw new TypeError('truncated');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** Reads a zigzag integer of variable length: seven bits per byte, the least significant bits first. */
  integer(): number {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const [byte = 0] = this.take(1);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return safeInteger((value >> 1n) ^ -(value & 1n));
    }
    throw new TypeError('an integer of more than 64 bits');
  }

  lengthPrefixed(): Buffer {
    return this.take(this.integer());
  }
}

function safeInteger(value: bigint): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new TypeError('an integer beyond 2^53, which JavaScript numbers do not represent exactly');
}

function readValue(type: Type, input: Input): unknown {
  switch (type.typeName) {
    case 'null':
      return null;
    case 'boolean':
      return input.take(1)[0] === 1;
    case 'int':
    case 'abstract:long':
      return input.integer();
    case 'float':
      return input.take(4).readFloatLE();
    case 'double':
      return input.take(8).readDoubleLE();
    case 'string':
      return textOf(input.lengthPrefixed());
    case 'enum':
      return choiceIn((type as types.EnumType).symbols, input, 'symbol');
    case 'union:unwrapped':
      return readValue(choiceIn((type as types.UnwrappedUnionType).types as unknown as Type[], input, 'branch'), input);
    case 'array':
      return [...itemsInBlocks(input, () => readValue((type as types.ArrayType).itemsType, input))];
    case 'map':
      return Object.fromEntries(
        itemsInBlocks(
          input,
          () => [textOf(input.lengthPrefixed()), readValue((type as types.MapType).valuesType, input)] as const,
        ),
      );
    case 'record':
      return recordOf(type as types.RecordType, input);
    default:
      throw new TypeError(`${type.typeName} is not supported`);
  }
}

function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new TypeError('a string is not UTF-8');
  return bytes.toString();
}

function choiceIn<T>(choices: readonly T[], input: Input, what: string): T {
  const choice = choices[input.integer()];
  if (choice === undefined) throw new TypeError(`unknown ${what}`);
  return choice;
}

/**
 * Reads the items of an array or a map. `requireSupported` in avro.ts guarantees that every item takes at least one
 * byte. Therefore, a block that claims more items than there are bytes fails as soon as the input ends.
 */
function* itemsInBlocks<T>(input: Input, read: () => T): Generator<T> {
  for (let count = input.integer(); count !== 0; count = input.integer()) {
    // A negative count is followed by the size of the block in bytes.
    if (count < 0) input.integer();
    for (let remaining = Math.abs(count); remaining > 0; remaining--) yield read();
  }
}

/**
 * Omits a field if both its value and its Avro default are null, so that the default of the contract's schema applies.
 */
function recordOf(type: types.RecordType, input: Input): Record<string, unknown> {
  const fields = type.fields.map((field) => [field, readValue(field.type, input)] as const);
  return Object.fromEntries(
    fields.flatMap(([field, value]) => (value === null && field.defaultValue() === null ? [] : [[field.name, value]])),
  );
}
