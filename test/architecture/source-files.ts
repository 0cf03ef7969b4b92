// Reads the project's files as the architecture tests see them: their lines, and what they import.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync, type Statement } from 'oxc-parser';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

export interface ImportedName {
  /** A path from the project's root for a file of ours, else the package's name (`node:fs`, `@koa/router`). */
  readonly target: string;
  readonly isOurs: boolean;
  /** Gone after compilation. */
  readonly isTypeOnly: boolean;
}

export interface SourceFile {
  /** From the project's root, with `/`. */
  readonly path: string;
  readonly lines: readonly string[];
  readonly imports: readonly ImportedName[];
  /** Holds nothing of its own and passes on what stands elsewhere. */
  readonly isBarrel: boolean;
}

/** Every file below these folders whose name ends in one of these endings. */
export function readSourceFiles(folders: readonly string[], endings: readonly string[]): SourceFile[] {
  return folders
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()
    .map((path) => toSourceFile(path, readFileSync(join(root, path), 'utf8')));
}

export function toSourceFile(path: string, text: string): SourceFile {
  const lines = text.replace(/\n$/, '').split('\n');
  if (!/\.(ts|tsx|js|mjs)$/.test(path)) return { path, lines, imports: [], isBarrel: false };
  const { module, program, errors } = parseSync(path, text);
  if (errors[0]) throw new Error(`${path}: ${errors[0].message}`);
  const imports = module.staticImports.map(({ moduleRequest, entries }) =>
    toImport(path, moduleRequest.value, entries.length > 0 && entries.every(({ isType }) => isType)),
  );
  const reExports = module.staticExports
    .flatMap(({ entries }) => entries)
    .flatMap(({ moduleRequest, isType }) => (moduleRequest ? [toImport(path, moduleRequest.value, isType)] : []));
  const dynamic = module.dynamicImports.map(({ moduleRequest: { start, end } }) =>
    toImport(path, literalIn(path, text.slice(start, end)), false),
  );
  return {
    path,
    lines,
    imports: [...imports, ...reExports, ...dynamic],
    isBarrel: reExports.length > 0 && program.body.every(passesOn),
  };
}

function passesOn(statement: Statement): boolean {
  const { type } = statement;
  if (type === 'ExportNamedDeclaration') return statement.source !== null;
  return type === 'ExportAllDeclaration' || type === 'ImportDeclaration';
}

/** A computed name would pass every rule unseen, so there may be none in the product. */
function literalIn(path: string, expression: string): string {
  if (!/^(src|views|migrations)\//.test(path)) return 'computed';
  const literal = /^(['"`])([^'"`$]+)\1$/.exec(expression)?.[2];
  if (literal === undefined) throw new Error(`${path}: import(${expression}) names no file that can be checked`);
  return literal;
}

function toImport(importer: string, specifier: string, isTypeOnly: boolean): ImportedName {
  if (specifier.startsWith('.')) {
    return { target: posix.join(posix.dirname(importer), specifier), isOurs: true, isTypeOnly };
  }
  const [first = '', second = ''] = specifier.split('/');
  return { target: first.startsWith('@') ? `${first}/${second}` : first, isOurs: false, isTypeOnly };
}
