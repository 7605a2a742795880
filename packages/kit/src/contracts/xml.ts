import { parseXml, type XmlDocument, XmlError } from '@rgrove/parse-xml';
import type * as z from 'zod';
import type { DataCodec } from './contract.ts';
import { xmlReader } from './xml-reader.ts';
import { xmlElement } from './xml-writer.ts';

/**
 * Data of a message in XML: an element a field. Whatever imports this carries an XML parser.
 * @param root name of the document's element
 * @param data schema of the contract, which tells numbers from texts: `<points>40</points>`
 * @throws {TypeError} if the schema has values that cannot be told apart in XML, such as a text or a number
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
      const element = parsed(text).root;
      if (element?.name !== root) throw new TypeError(`its root element is not <${root}>`);
      return read(element, root);
    },
  };
}

/**
 * The parser reads no declarations: whoever brings some is refused, and so is an entity that is not one of XML's own five.
 */
function parsed(text: string): XmlDocument {
  let foreignEntity = false;
  const resolveUndefinedEntity = () => {
    foreignEntity = true;
    return '';
  };
  let document: XmlDocument;
  try {
    document = parseXml(text, { preserveDocumentType: true, resolveUndefinedEntity });
  } catch (error) {
    // What the parser says quotes the document.
    if (error instanceof XmlError) throw new TypeError(`not well-formed at line ${error.line}, column ${error.column}`);
    if (error instanceof RangeError) throw new TypeError('nested deeper than the parser goes');
    throw error;
  }
  if (document.children.some(({ type }) => type === 'doctype')) throw new TypeError('a DOCTYPE is not allowed');
  if (foreignEntity) throw new TypeError('it refers to an entity; XML itself has amp, lt, gt, quot and apos');
  return document;
}
