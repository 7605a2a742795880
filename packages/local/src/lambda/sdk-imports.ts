import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The packages of Lambda that a function's code imports, with their paths. */
export type ProvidedPackages = Readonly<Record<string, string>>;

interface Import {
  name: string;
  file: string;
  /** Whether the code cannot be loaded without it. */
  isStatic: boolean;
}

const SOURCE = /\.[cm]?js$/;
/**
 * Substrings of all imports of the AWS SDK, of both versions; searching for a substring is faster than for a pattern.
 */
const NEEDLES = ['aws-sdk', '@smithy/'];
/**
 * Package names with subpaths: a name has at most 214 characters
 * (https://docs.npmjs.com/cli/configuring-npm/package-json#name).
 */
const NAME = /^(?:aws-sdk|@smithy\/)[\w./-]*(?=["'])/;
const MAX_NAME = 240;
/** What precedes the name if the code cannot be loaded without it; an `import(` may never be executed. */
const STATIC = /\b(?:from|import|require\s*\()\s*["']@?$/;
const DYNAMIC = /\bimport\s*\(\s*["']@?$/;
const MAX_PREFIX = 24;
/** The SDK's error messages also mention other packages, which may be installed optionally. */
const IS_CLIENT = /^@aws-sdk\/(client|lib)-[\w-]+$/;
/** Part of version 2's user agent, which any bundle of it contains. */
const VERSION_2_USER_AGENT = /^["'`]aws-sdk-(?:["']\s*\+|\$\{)/;

/**
 * Finds the AWS SDK imports of a function's code, which Lambda provides
 * (https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html#nodejs-sdk-included) and bundles leave out.
 * @param from files whose `node_modules` are searched, one after the other, if the code has none
 * @throws {Error} if a client is not installed, or the code uses version 2, which calls AWS itself wherever it runs
 */
export function providedPackages(codeFolder: string, from: readonly string[]): ProvidedPackages {
  const imports = sourcesIn(codeFolder).flatMap(importsIn);
  const provided: Record<string, string> = {};
  for (const { name, file, isStatic } of imports) {
    if (isOfVersion2(name)) throw new Error(version2In(file));
    const path = [file, ...from].map((beside) => resolved(name, beside)).find((found) => found !== undefined);
    if (path === undefined && isStatic && IS_CLIENT.test(name))
      throw new Error(
        `${file} imports ${name}, which Lambda has, but this app has not: npm install --save-dev ${name}`,
      );
    if (path !== undefined && !path.startsWith(codeFolder)) provided[name] = pathToFileURL(path).href;
  }
  return imports.some(({ isStatic }) => isStatic) ? provided : {};
}

const isOfVersion2 = (name: string) => name.startsWith('aws-sdk');

const version2In = (file: string) =>
  `${file} uses version 2 of the AWS SDK, which calls AWS itself, whatever AWS_ENDPOINT_URL says. Take version 3, @aws-sdk/client-…`;

/** Excludes packages that the code contains. */
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

function resolved(name: string, beside: string): string | undefined {
  try {
    return createRequire(beside).resolve(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
