import { describe, expect, it } from 'vitest';
import { numbers, overlaysThatSurvive } from '../support/peer-network.ts';

/** Half of the hundred networks; the other file has the other half, so that two cores share them. */
describe('the overlay of 500 after a tenth of the peers died at once', () => {
  it('is one component in all networks from 1 to 50', { timeout: 600_000 }, async () => {
    expect(await overlaysThatSurvive(500, numbers(1, 50))).toBe(50);
  });
});
