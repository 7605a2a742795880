import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

// `node samples/generate.ts` writes members.csv with 1,000 people. Some lines are invalid, and the demo must report
// them as rejected.

const PEOPLE = 1_000;
const NAMES = [
  'Lucía García',
  '王伟',
  'Amina Diallo',
  "Seán O'Brien",
  'Zoë Müller',
  '"Bo" Larsen, Jr.',
  'Nguyễn Văn An',
];
const LOCALES = ['es', 'zh-CN', 'en', 'en-IE', 'de', 'da', 'vi'];
/** Invalid lines by their number in the file. Line 1 is the header. Line 808 is also invalid: it has only a phone. */
const INVALID: Record<number, [phone: string, name: string, locale: string]> = {
  101: ['12345', 'Too Short', 'en'],
  202: ['+34612000010', 'Registered Twice', 'en'],
  303: ['+34612000300', '   ', 'es'],
  404: ['+34612000400', 'No Such Locale', 'not a locale'],
  505: ['+999123456789', 'No Such Country', 'en'],
  606: ['+34612000600', 'x'.repeat(101), 'en'],
  707: ['+34612000020', 'Registered Twice Too', 'zh-CN'],
};

const quoted = (field: string) => (/[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);

const lines = Array.from({ length: PEOPLE }, (_, index) => {
  const line = index + 2;
  const valid = [
    `+34612${String(index).padStart(6, '0')}`,
    NAMES[index % NAMES.length] ?? '',
    LOCALES[index % LOCALES.length] ?? '',
  ];
  if (line === 808) return valid[0] ?? '';
  return (INVALID[line] ?? valid).map(quoted).join(',');
});
writeFileSync(join(import.meta.dirname, 'members.csv'), `phone,name,locale\n${lines.join('\n')}\n`);
