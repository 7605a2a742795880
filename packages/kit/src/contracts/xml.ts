import { parseXml, type XmlDocument, XmlError } from '@rgrove/parse-xml';
import type * as z from 'zod';
import type { DataCodec } from './contract.ts';
import { xmlReader } from './xml-reader.ts';
import { xmlElement } from './xml-writer.ts';

/**
 * Creates the codec for message data in XML, with one element per field. The bundle of a function that imports this
 * module contains an XML parser.
 * @param root name of the root element
 * @param data the contract's schema, which determines whether `<points>40</points>` contains a number or text
 * @throws {TypeError} if the schema has values that XML cannot distinguish, such as a union of string and number
 * @beta
 */
export function inXml(root: string, data: z.ZodType): DataCodec {
  const read = xmlReader(data, root);
  return {
    mediaType: 'application/xml',
    documentType: `<${root}>`,
    carries: 'text',
    encode: (value) => xmlElement(root, value),
    decode(text) {
      const element = parseDocument(text).root;
      if (element?.name !== root) throw new TypeError(`its root element is not <${root}>`);
      return read(element, root);
    },
  };
}

/**
 * Parses a document. Rejects document type declarations, which the parser does not read, and entities other than the
 * five predefined ones.
 */
function parseDocument(text: string): XmlDocument {
  let foreignEntity = false;
  const resolveUndefinedEntity = () => {
    foreignEntity = true;
    return '';
  };
  let document: XmlDocument;
  try {
    document = parseXml(text, { preserveDocumentType: true, resolveUndefinedEntity });
  } catch (error) {
    // The parser's error text is not passed on, because it quotes the document.
    if (error instanceof XmlError) throw new TypeError(`not well-formed at line ${error.line}, column ${error.column}`);
    if (error instanceof RangeError) throw new TypeError('nested deeper than the parser supports');
    throw error;
  }
  if (document.children.some(({ type }) => type === 'doctype')) throw new TypeError('a DOCTYPE is not allowed');
  if (foreignEntity) throw new TypeError('it refers to an entity other than the predefined amp, lt, gt, quot and apos');
  return document;
}
