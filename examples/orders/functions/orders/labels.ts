/** Creates a label of 100 by 60 mm for each item of an order. */
export const labelsOf = (orderId: string, { item, quantity }: { item: string; quantity: number }): string[] =>
  Array.from({ length: quantity }, (_, index) =>
    label([item, `item ${index + 1} of ${quantity}`, `order ${orderId}`, `parcel ${orderId}/${index + 1}`]),
  );

const label = (lines: readonly string[]): string =>
  [
    '<svg xmlns="http://www.w3.org/2000/svg" width="100mm" height="60mm" viewBox="0 0 100 60">',
    '<rect width="100" height="60" fill="none" stroke="black"/>',
    ...lines.map((line, index) => `<text x="5" y="${12 * (index + 1)}" font-size="4">${escaped(line)}</text>`),
    '</svg>',
  ].join('');

const escaped = (text: string): string => text.replace(/[&<>]/g, (found) => `&#${found.charCodeAt(0)};`);
