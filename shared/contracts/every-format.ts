import { inXml, type MessageContract } from '@rollcall/kit/contracts';
import { withAvro } from './avro-schemas.ts';
import { withProtobuf } from './protobuf-schemas.ts';

/** A contract with codecs for every format, to compare them, whether or not a channel uses them. */
export function inEveryFormat(contract: MessageContract): MessageContract {
  const inOthers = withAvro(withProtobuf(contract));
  return { ...inOthers, formats: [...(inOthers.formats ?? []), inXml('data', contract.data)] };
}
