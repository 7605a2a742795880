import { CloudError } from '@rollcall/local/internal/errors/cloud-error';
import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import { sanitize } from 'rollcall/internal/cli/output';
import type { ParsedPerson } from './input.ts';
import type { Format } from './records.ts';

const COLUMNS = ['phone', 'name', 'locale'];
/** Maximum length of an invalid header in an error message. */
const MAX_SHOWN = 200;
const DELIMITERS = [',', ';', '\t'];

/** If a text looks like a number, spreadsheets write it as a formula, `="+34…"`, or with a leading apostrophe. */
const FORMULA = /(?<=^|[,;\t])="(?=[+\d])/g;
const TEXT_MARK = /^'|^="|"$/g;
const SCIENTIFIC = /^\d([.,]\d+)?e\+?\d+$/i;

/** @throws {CloudError} if the text does not begin with a header that has each required column once */
export function csvFormat(file: string, start: string): Format {
  // Some spreadsheets name the delimiter in a line `sep=;` before the header.
  const separator = /^sep=(.)\r?\n/i.exec(start);
  const text = start.slice(separator?.[0].length ?? 0);
  const delimiter = separator?.[1] ?? delimiterOf(text);
  const header = headerOf(text, delimiter);
  const columns = header.map((name) => name.toLowerCase()).map((name) => COLUMNS.includes(name) && name);
  if (!COLUMNS.every((wanted) => columns.filter((name) => name === wanted).length === 1)) {
    const [names, found] = [COLUMNS.join(', '), sanitize(header.join(', ')).slice(0, MAX_SHOWN)];
    throw new CloudError(
      `${file} must begin with a header that contains each of ${names} once. It begins with: ${found}`,
    );
  }
  return { delimiter, headers: separator ? 2 : 1, read: (record) => readPerson(record, delimiter, columns) };
}

/** Returns the delimiter that occurs most often in the first line. */
function delimiterOf(text: string): string {
  const [line = ''] = text.trimStart().split(/[\r\n]/, 1);
  const [most = ','] = DELIMITERS.toSorted((a, b) => line.split(b).length - line.split(a).length);
  return most;
}

function headerOf(text: string, delimiter: string): string[] {
  const [header = []] = parse(text, { delimiter, trim: true, relax_quotes: true, skip_empty_lines: true, to: 1 });
  return header;
}

function readPerson(record: string, delimiter: string, columns: Array<string | false>): ParsedPerson {
  try {
    const options = { delimiter, columns, trim: true };
    const [person = {}] = parse<Record<string, string>>(record.replace(FORMULA, '"'), options);
    const phone = person.phone?.replace(TEXT_MARK, '') ?? '';
    if (!SCIENTIFIC.test(phone)) return { person: { ...person, phone } };
    return { problem: `a spreadsheet has rounded phone ${phone}: format the column as text, and export it again` };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // The parser's line numbers are relative to the record.
    return { problem: error.message.replace(/ (on|at) line \d+/, '') };
  }
}
