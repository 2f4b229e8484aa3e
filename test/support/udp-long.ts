/** Whether the long cases run (`npm run test:long`): 100 MB each way and a million fuzzed inputs. */
export const isLong = process.env.CLOUDLINK_LONG === '1';

export const BULK_BYTES = isLong ? 100_000_000 : 10_000_000;
export const FUZZ_INPUTS = isLong ? 1_000_000 : 20_000;
/** Enough for the long cases on a slow machine. */
export const LONG_TIMEOUT_MS = isLong ? 3_600_000 : 120_000;
