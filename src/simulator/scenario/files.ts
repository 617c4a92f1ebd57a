import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HearsayError } from '../../core/errors.ts';
import { checkScenario } from './check.ts';
import type { Scenario } from './scenario.ts';

/** The scenarios that come with the package: the same place seen from src/ and from dist/. */
const builtInFolder = join(import.meta.dirname, '..', '..', '..', 'scenarios');

/** The names of the scenarios that come with the package; none where their folder cannot be read. */
export async function scenarioNames(): Promise<readonly string[]> {
  const files = await readdir(builtInFolder).catch((): string[] => []);
  return files
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/**
 * Reads a scenario: one that comes with the package by its name, any other from a JSON file. Rejects
 * with HearsayError `scenario-unreadable` (no such file, no JSON) or `scenario-invalid` (see
 * checkScenario).
 */
export async function loadScenario(nameOrPath: string): Promise<Scenario> {
  const names = await scenarioNames();
  const path = names.includes(nameOrPath) ? join(builtInFolder, `${nameOrPath}.json`) : nameOrPath;
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const isMissing = cause.code === 'ENOENT';
    const problem = isMissing
      ? `there is no such file, and no scenario of that name; ${thereAre(names)}`
      : cause.message;
    throw unreadable(nameOrPath, problem, cause);
  });
  return parseScenario(text, nameOrPath);
}

function thereAre(names: readonly string[]): string {
  return names.length > 0
    ? `there are: ${names.join(', ')}`
    : `the folder of those that come with Hearsay, ${builtInFolder}, is missing or cannot be read`;
}

/** The scenario in the text of a file; `file` is how errors name it. Throws as `loadScenario` rejects. */
export function parseScenario(text: string, file: string): Scenario {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (cause) {
    throw unreadable(
      file,
      `it is no JSON: ${cause instanceof Error ? cause.message : cause}`,
      cause,
    );
  }
  return checkScenario(data, file);
}

function unreadable(file: string, problem: string, cause: unknown): HearsayError {
  return new HearsayError(
    'scenario-unreadable',
    `${file} cannot be read as a scenario: ${problem}`,
    { file },
    { cause },
  );
}
