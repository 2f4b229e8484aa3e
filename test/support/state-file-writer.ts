// Saves as fast as it can until it is killed: `node --import tsx state-file-writer.ts PATH`.
import { openStateFile } from '../../src/state-file/state-file.js';

const file = await openStateFile(process.argv[2]!, { minIntervalMs: 0 });
process.stdout.write('ready\n');
for (let counter = 1; ; counter++) {
	// Sizes differ, so that a file that was half overwritten shows.
	const padding = 'x'.repeat((counter * 7919) % 20_000);
	file.save({ pacing: { counter, padding, length: padding.length } });
	await file.flush();
}
