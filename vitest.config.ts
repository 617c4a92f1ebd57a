import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// `import 'hearsay'` means the sources, in tests and in the examples they run.
const ssr = { resolve: { conditions: ['hearsay-source'] } };

export default defineConfig({
  test: {
    // Many tests watch real sockets and clocks: a crowded machine makes them lie.
    maxWorkers: Math.min(2, availableParallelism()),
    projects: [
      {
        ssr,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          // Only against a hang: how long a test takes is up to the machine.
          testTimeout: 1_800_000,
          hookTimeout: 1_800_000,
        },
      },
      {
        ssr,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 1_800_000,
          hookTimeout: 1_800_000,
        },
      },
    ],
  },
});
