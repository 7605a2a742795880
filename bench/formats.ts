import { writeFileSync } from 'node:fs';
import type { MessageContract } from '@rollcall/kit/internal/contracts/contract';
import {
  decodeData,
  encodeData,
  type Format,
  JSON_FORMAT,
  PROTOBUF_FORMAT,
} from '@rollcall/kit/internal/messaging/codecs';
import { Command } from 'commander';
import { printTable } from 'rollcall/internal/cli/output';
import * as z from 'zod';
import { channels } from '../shared/contracts/channels.ts';
import { withProtobuf } from '../shared/contracts/protobuf-schemas.ts';

const { rounds, json } = new Command('npm run bench:formats --')
  .description(
    'Size, and time to encode and to decode, of every message in each format, by the examples of its contract.',
  )
  .option('--rounds <n>', 'how often each is encoded and decoded', Number, 20_000)
  .option('--json <file>', 'write the figures to this file')
  .parse()
  .opts<{ rounds: number; json?: string }>();

const round = (value: number) => Math.round(value * 100) / 100;

/** Microseconds of one call, after a tenth of the rounds to warm up. */
function microseconds(call: () => void): number {
  for (let warm = 0; warm < rounds / 10; warm++) call();
  const start = performance.now();
  for (let index = 0; index < rounds; index++) call();
  return ((performance.now() - start) / rounds) * 1000;
}

/** As messages carry them: data in JSON, or bytes in Base64 within JSON. Both ways include that JSON. */
function measure(contract: MessageContract, format: Format, data: unknown) {
  const encode = () => JSON.stringify(encodeData(contract, format, data));
  const encoded = encode();
  const decode = () => decodeData(contract, { id: '1', datacontenttype: format, ...JSON.parse(encoded) });
  const { data_base64 } = encodeData(contract, format, data);
  const bytes =
    typeof data_base64 === 'string' ? Buffer.from(data_base64, 'base64').length : Buffer.byteLength(encoded);
  return { bytes, carried: Buffer.byteLength(encoded), encode: microseconds(encode), decode: microseconds(decode) };
}

const figures = channels
  .flatMap(({ messages }) => messages)
  .map(withProtobuf)
  .filter(({ protobuf }) => protobuf)
  .map((contract) => {
    const [data] = (z.globalRegistry.get(contract.data)?.examples ?? []) as unknown[];
    const [inJson, inProtobuf] = [measure(contract, JSON_FORMAT, data), measure(contract, PROTOBUF_FORMAT, data)];
    return {
      type: contract.type,
      'JSON bytes': inJson.carried,
      'Protobuf bytes': inProtobuf.bytes,
      'in Base64': inProtobuf.carried,
      'carried: ratio': round(inProtobuf.carried / inJson.carried),
      'JSON encode µs': round(inJson.encode),
      'Protobuf encode µs': round(inProtobuf.encode),
      'encode: ratio': round(inProtobuf.encode / inJson.encode),
      'JSON decode µs': round(inJson.decode),
      'Protobuf decode µs': round(inProtobuf.decode),
      'decode: ratio': round(inProtobuf.decode / inJson.decode),
    };
  });
printTable(figures);
if (json) writeFileSync(json, `${JSON.stringify(figures, null, 2)}\n`);
