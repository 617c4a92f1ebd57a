/**
 * Node's own SQLite, loaded when the first store opens: a program that never stores anything should
 * not meet it.
 *
 * Node 22, and 24 before 24.15, print an ExperimentalWarning while they load it. An application's
 * users can do nothing about that, so this one warning is held back; the loading is synchronous, so
 * nobody else's warning can come in between, and any other that does is passed on.
 */
export function nodeSqlite() {
  const { emitWarning } = process;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (String(warning).startsWith('SQLite is an experimental feature')) return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    process.emitWarning = emitWarning;
  }
}
