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
    'Size, and time to encode and to decode, of every message in each format, by the examples of its contract.',
  )
  .option('--rounds <n>', 'how often each is encoded and decoded', Number, 20_000)
  .option('--json <file>', 'write the figures to this file')
  .parse()
  .opts<{ rounds: number; json?: string }>();

const FORMATS = {
  JSON: 'application/json',
  XML: 'application/xml',
  Protobuf: 'application/protobuf',
  Avro: 'application/avro',
} as const;

type Named = keyof typeof FORMATS;
const OTHERS = Object.keys(FORMATS).slice(1) as Named[];

const round = (value: number) => Math.round(value * 100) / 100;

const median = (values: readonly number[]) => percentile(values, 0.5);

const PARTS = 20;

/** Microseconds per call, in the fastest of 20 parts of the rounds: other load only makes a part slower. */
function microseconds(call: () => void): number {
  const size = Math.ceil(rounds / PARTS);
  const parts = Array.from({ length: PARTS }, () => {
    const start = performance.now();
    for (let index = 0; index < size; index++) call();
    return (performance.now() - start) / size;
  });
  return Math.min(...parts) * 1000;
}

/** As in messages: data or text in JSON, or bytes in Base64 within JSON. Both directions include that JSON. */
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

type What = 'bytes' | 'encode' | 'decode';

/** A format's figure relative to JSON, measured in the same run. */
const ratio = ({ formats }: (typeof figures)[number], name: Named, what: What) =>
  (formats[name]?.[what] ?? 0) / (formats.JSON?.[what] ?? 1);

const columns = (of: (name: Named, what: What) => number) =>
  Object.fromEntries(
    (['bytes', 'encode', 'decode'] as const).flatMap((what) =>
      OTHERS.map((name) => [`${what} ${name}`, round(of(name, what))]),
    ),
  );

console.log('Bytes, and microseconds, as ratios to JSON:');
printTable([
  ...figures.map((row) => ({
    type: row.type,
    'JSON bytes': row.formats.JSON?.bytes ?? 0,
    ...columns((name, what) => ratio(row, name, what)),
  })),
  {
    type: 'median',
    'JSON bytes': median(figures.map(({ formats }) => formats.JSON?.bytes ?? 0)),
    ...columns((name, what) => median(figures.map((row) => ratio(row, name, what)))),
  },
]);
if (json) writeFileSync(json, `${JSON.stringify(figures, null, 2)}\n`);
