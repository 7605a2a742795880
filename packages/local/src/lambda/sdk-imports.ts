import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The packages of Lambda's own that a function's code imports, by name: where they are. */
export type ProvidedPackages = Readonly<Record<string, string>>;

interface Import {
  name: string;
  file: string;
  /** Whether the code cannot be loaded without it. */
  isStatic: boolean;
}

const SOURCE = /\.[cm]?js$/;
/** What all imports of the AWS SDK have in them, of both versions; text is searched for it faster than for a pattern. */
const NEEDLES = ['aws-sdk', '@smithy/'];
/** Of names of packages, with their folders: https://docs.npmjs.com/cli/configuring-npm/package-json#name has 214. */
const NAME = /^(?:aws-sdk|@smithy\/)[\w./-]*(?=["'])/;
const MAX_NAME = 240;
/** What is before such a name, if the code cannot be loaded without it; `import(` may never be run. */
const STATIC = /\b(?:from|import|require\s*\()\s*["']@?$/;
const DYNAMIC = /\bimport\s*\(\s*["']@?$/;
const MAX_BEFORE = 24;
/** Others are named in messages of the SDK too, as what may be installed besides. */
const IS_CLIENT = /^@aws-sdk\/(client|lib)-[\w-]+$/;
/** Of how version 2 names itself to AWS, wherever a bundle has it inside. */
const VERSION_2_INSIDE = /^["'`]aws-sdk-(?:["']\s*\+|\$\{)/;

/**
 * Finds what a function's code imports of the AWS SDK, which Lambda has itself
 * (https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html#nodejs-sdk-included), and bundles leave out.
 * @param from files beside whose `node_modules` the packages are looked for, one after the other, if the code brings none
 * @throws {Error} if a client is nowhere, or if the code uses version 2, which calls AWS itself wherever it runs
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

/** Packages that the code brings along are not looked at. */
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
      const before = text.toString('latin1', Math.max(0, at - MAX_BEFORE), at);
      const after = text.toString('latin1', at, at + MAX_NAME);
      if (VERSION_2_INSIDE.test(`${before.at(-1)}${after}`)) throw new Error(version2In(file));
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
