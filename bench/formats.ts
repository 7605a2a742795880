import { writeFileSync } from 'node:fs';
import type { MessageContract } from '@rollcall/kit/internal/contracts/contract';
import { decodeData, encodeData, type Format } from '@rollcall/kit/internal/messaging/codecs';
import { Command } from 'commander';
import { printTable } from 'rollcall/internal/cli/output';
import { percentile } from 'rollcall/internal/percentile';
import * as z from 'zod';
import { channels } from '../shared/contracts/channels.ts';
import { inEveryFormat } from '../shared/contracts/every-format.ts';

const { rounds, json } = new Command('npm run bench:formats --')
  .description(
    'Measures the size of each type of message in each format, and the time to encode and decode it. The data is the example in the contract of the message.',
  )
  .option('--rounds <n>', 'number of times that each message is encoded and decoded', Number, 20_000)
  .option('--json <file>', 'write the figures to this file')
  .parse()
  .opts<{ rounds: number; json?: string }>();

const FORMATS = {
  JSON: 'application/json',
  XML: 'application/xml',
  Protobuf: 'application/protobuf',
  Avro: 'application/avro',
} as const;

type FormatName = keyof typeof FORMATS;
const OTHERS = Object.keys(FORMATS).slice(1) as FormatName[];

const round = (value: number) => Math.round(value * 100) / 100;

const median = (values: readonly number[]) => percentile(values, 0.5);

const PARTS = 20;

/**
 * Measures the microseconds per call. The rounds are split into 20 parts, and the fastest part is used, because other
 * load can only make a part slower.
 */
function microseconds(call: () => void): number {
  const size = Math.ceil(rounds / PARTS);
  const parts = Array.from({ length: PARTS }, () => {
    const start = performance.now();
    for (let index = 0; index < size; index++) call();
    return (performance.now() - start) / size;
  });
  return Math.min(...parts) * 1000;
}

/**
 * Measures a format the way messages use it: a JSON object contains the data as JSON, as text, or as bytes in Base64.
 * The times include encoding and decoding this object.
 */
function measure(contract: MessageContract, format: Format, data: unknown) {
  const encode = () => JSON.stringify(encodeData(contract, format, data));
  const encoded = encode();
  const decode = () => decodeData(contract, { id: '1', datacontenttype: format, ...JSON.parse(encoded) });
  return { bytes: Buffer.byteLength(encoded), encode: microseconds(encode), decode: microseconds(decode) };
}

const figures = channels
  .flatMap(({ messages }) => messages)
  .map(inEveryFormat)
  .filter(({ formats = [] }) => formats.length === OTHERS.length)
  .map((contract) => {
    const [data] = (z.globalRegistry.get(contract.data)?.examples ?? []) as unknown[];
    const entries = Object.entries(FORMATS).map(([name, format]) => [name, measure(contract, format, data)] as const);
    return { type: contract.type, formats: Object.fromEntries(entries) };
  });

type Measure = 'bytes' | 'encode' | 'decode';

/** The ratio of a format's figure to the figure of JSON in the same run. */
const ratio = ({ formats }: (typeof figures)[number], name: FormatName, measured: Measure) =>
  (formats[name]?.[measured] ?? 0) / (formats.JSON?.[measured] ?? 1);

const columns = (of: (name: FormatName, measured: Measure) => number) =>
  Object.fromEntries(
    (['bytes', 'encode', 'decode'] as const).flatMap((measured) =>
      OTHERS.map((name) => [`${measured} ${name}`, round(of(name, measured))]),
    ),
  );

console.log('Bytes and microseconds, as ratios to JSON:');
printTable([
  ...figures.map((row) => ({
    type: row.type,
    'JSON bytes': row.formats.JSON?.bytes ?? 0,
    ...columns((name, measured) => ratio(row, name, measured)),
  })),
  {
    type: 'median',
    'JSON bytes': median(figures.map(({ formats }) => formats.JSON?.bytes ?? 0)),
    ...columns((name, measured) => median(figures.map((row) => ratio(row, name, measured)))),
  },
]);
if (json) writeFileSync(json, `${JSON.stringify(figures, null, 2)}\n`);
