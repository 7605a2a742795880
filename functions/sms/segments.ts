/** The seven-bit characters of GSM 03.38; its extension, whose characters take two, is left out as rare. */
const GSM = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà]*$/;

const GSM_LENGTH = 160;
const UCS2_LENGTH = 70;

/** Truncates a text to one billed segment: 160 characters of GSM 03.38, or 70 of UCS-2. */
export function oneSegment(text: string): string {
  const most = GSM.test(text) ? GSM_LENGTH : UCS2_LENGTH;
  if (text.length <= most) return text;
  const ending = most === GSM_LENGTH ? '...' : '…';
  let cut = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (cut.length + segment.length + ending.length > most) break;
    cut += segment;
  }
  return `${cut}${ending}`;
}
