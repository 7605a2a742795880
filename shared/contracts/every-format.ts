import { inXml, type MessageContract } from '@rollcall/kit/contracts';
import { withAvro } from './avro-schemas.ts';
import { withProtobuf } from './protobuf-schemas.ts';

/** A contract with codecs for every format, whether or not a channel uses the format. Tests compare the formats. */
export function inEveryFormat(contract: MessageContract): MessageContract {
  const withBoth = withAvro(withProtobuf(contract));
  return { ...withBoth, formats: [...(withBoth.formats ?? []), inXml('data', contract.data)] };
}
