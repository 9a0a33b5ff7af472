import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where servers live, which are not on everybody's path. */
const administrators = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/**
 * The path of a program that tests use and that no package of ours brings. Without it the tests that need one fail;
 * they are not passed over.
 *
 * @param debian the package of Debian that holds it
 */
export function installedProgram(name: string, debian = name): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...administrators];
  const found = folders.map((folder) => join(folder, name)).find(isExecutable);
  if (found === undefined) throw new Error(`there is no ${name} on the PATH: apt-get install ${debian}`);
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
