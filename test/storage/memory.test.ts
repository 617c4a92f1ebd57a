import { memoryStorage } from '../../src/storage/memory.ts';
import { describeSeedStorage } from './contract.ts';

describeSeedStorage('memoryStorage', () => {
  const storage = memoryStorage();
  return { storage, afterRestart: () => storage };
});
