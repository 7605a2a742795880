/**
 * The seven-bit characters of GSM 03.38. The extension table is left out, because its characters are rare and count
 * twice.
 */
const GSM = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà]*$/;

const GSM_LENGTH = 160;
const UCS2_LENGTH = 70;

/** Truncates a text to one billed segment: 160 characters of GSM 03.38, or 70 of UCS-2. */
export function oneSegment(text: string): string {
  const maxLength = GSM.test(text) ? GSM_LENGTH : UCS2_LENGTH;
  if (text.length <= maxLength) return text;
  const ending = maxLength === GSM_LENGTH ? '...' : '…';
  let cut = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (cut.length + segment.length + ending.length > maxLength) break;
    cut += segment;
  }
  return `${cut}${ending}`;
}
