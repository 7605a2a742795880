/** What GSM 03.38 writes in seven bits; of its extension, what takes two of them is left out: it is rare. */
const GSM = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà]*$/;

const GSM_LENGTH = 160;
const UCS2_LENGTH = 70;

/** A text that is one segment to the network, and to the bill: 160 characters of GSM 03.38, or 70 of UCS-2. */
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
