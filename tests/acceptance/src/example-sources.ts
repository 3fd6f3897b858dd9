import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '#src/command.ts';

/**
 * An example as files of a repository, with the packages that it needs beside it: so it is built without a registry.
 */
export function exampleWithPackages(
  example: string,
  packages: Readonly<Record<string, string>>,
): Record<string, string> {
  const folder = join(checkout, 'examples', example);
  const files: Record<string, string> = {};
  for (const name of readdirSync(folder)) files[name] = readFileSync(join(folder, name), 'utf8');
  const { dependencies, ...bare } = JSON.parse(files['package.json']!) as { dependencies: Record<string, string> };
  for (const name of Object.keys(dependencies)) addPackage(files, name, join(checkout, packages[name]!));
  delete files['package-lock.json'];
  return { ...files, 'package.json': JSON.stringify(bare) };
}

function addPackage(files: Record<string, string>, name: string, from: string): void {
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && /\.m?js$|^package\.json$/.test(entry.name))
      files[join('node_modules', name, path.slice(from.length + 1))] = readFileSync(path, 'utf8');
  }
}
