import { inXml, type MessageContract } from '@rollcall/kit/contracts';
import { withAvro } from './avro-schemas.ts';
import { withProtobuf } from './protobuf-schemas.ts';

/** A contract with its data in each format, to compare them: whether a channel carries it so or not. */
export function inEveryFormat(contract: MessageContract): MessageContract {
  const inOthers = withAvro(withProtobuf(contract));
  return { ...inOthers, formats: [...(inOthers.formats ?? []), inXml('data', contract.data)] };
}
