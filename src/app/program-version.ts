// The version of this program, as package.json has it: beside the sources, or above the folder of the build.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const packageFile = z.object({ version: z.string() });

export function programVersion(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    if (existsSync(path)) return packageFile.parse(JSON.parse(readFileSync(path, 'utf8'))).version;
    if (folder === dirname(folder)) return 'unknown';
  }
}
