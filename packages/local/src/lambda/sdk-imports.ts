import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The packages that Lambda provides and that a function's code imports, with their paths. */
export type ProvidedPackages = Readonly<Record<string, string>>;

interface Import {
  name: string;
  file: string;
  /** Whether the code cannot be loaded without the package. */
  isStatic: boolean;
}

const SOURCE = /\.[cm]?js$/;
/**
 * Every import of the AWS SDK, version 2 or 3, contains one of these substrings. Searching for a substring is faster
 * than matching a pattern.
 */
const NEEDLES = ['aws-sdk', '@smithy/'];
/** A package name, optionally with a subpath. The match begins after the `@` of `@aws-sdk/`. */
const NAME = /^(?:aws-sdk|@smithy\/)[\w./-]*(?=["'])/;
/**
 * Enough for a package name, which has at most 214 characters
 * (https://docs.npmjs.com/cli/configuring-npm/package-json#name), and a short subpath.
 */
const MAX_NAME = 240;
/**
 * The text before the package name in a static import or a `require`. An `import(` is excluded, because the code may
 * never execute it.
 */
const STATIC = /\b(?:from|import|require\s*\()\s*["']@?$/;
const DYNAMIC = /\bimport\s*\(\s*["']@?$/;
const MAX_PREFIX = 24;
/**
 * Matches the SDK's clients and libraries, which must be installed if the code imports them statically. Other packages
 * are optional, because bundled code of the SDK contains imports of such packages in the texts of error messages.
 */
const IS_CLIENT = /^@aws-sdk\/(client|lib)-[\w-]+$/;
/** A part of version 2's user agent. Every bundle of version 2 contains it. */
const VERSION_2_USER_AGENT = /^["'`]aws-sdk-(?:["']\s*\+|\$\{)/;

/**
 * Finds the imports of the AWS SDK in a function's code. Lambda provides the SDK
 * (https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html#nodejs-sdk-included), so bundles leave it out.
 * @param from files from which the imports are resolved, in this order, if the code does not contain the package
 * @returns the packages of static and dynamic imports; no packages if no import is static
 * @throws {Error} if a client or library is not installed, or the code uses version 2, which always calls AWS
 */
export function providedPackages(codeFolder: string, from: readonly string[]): ProvidedPackages {
  const imports = sourcesIn(codeFolder).flatMap(importsIn);
  const provided: Record<string, string> = {};
  for (const { name, file, isStatic } of imports) {
    if (isOfVersion2(name)) throw new Error(version2In(file));
    const path = [file, ...from].map((importer) => resolved(name, importer)).find((found) => found !== undefined);
    if (path === undefined && isStatic && IS_CLIENT.test(name))
      throw new Error(
        `${file} imports ${name}, which Lambda provides but this app has not installed: npm install --save-dev ${name}`,
      );
    if (path !== undefined && !path.startsWith(codeFolder)) provided[name] = pathToFileURL(path).href;
  }
  return imports.some(({ isStatic }) => isStatic) ? provided : {};
}

const isOfVersion2 = (name: string) => name.startsWith('aws-sdk');

const version2In = (file: string) =>
  `${file} uses version 2 of the AWS SDK, which ignores AWS_ENDPOINT_URL and calls AWS. Use version 3, @aws-sdk/client-…`;

/** The source files of a folder, without those in `node_modules`. */
const sourcesIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : sourcesIn(path);
    return SOURCE.test(entry.name) ? [path] : [];
  });

function importsIn(file: string): Import[] {
  const text = readFileSync(file);
  const found: Import[] = [];
  for (const needle of NEEDLES) {
    for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + 1)) {
      const before = text.toString('latin1', Math.max(0, at - MAX_PREFIX), at);
      const after = text.toString('latin1', at, at + MAX_NAME);
      if (VERSION_2_USER_AGENT.test(`${before.at(-1)}${after}`)) throw new Error(version2In(file));
      const isStatic = STATIC.test(before);
      const [name] = isStatic || DYNAMIC.test(before) ? (NAME.exec(after) ?? []) : [];
      if (name !== undefined) found.push({ name: before.endsWith('@') ? `@${name}` : name, file, isStatic });
    }
  }
  return found;
}

function resolved(name: string, importer: string): string | undefined {
  try {
    return createRequire(importer).resolve(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
