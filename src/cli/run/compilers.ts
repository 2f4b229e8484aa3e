import { setFlagsFromString } from 'node:v8';

/** Lets V8 optimise what is hot again, as by default. The baseline compiler stays off: what is hot soon passes it by. */
export function resumeCompilers(): void {
	setFlagsFromString('--maglev-filter=*');
	setFlagsFromString('--turbo-filter=*');
}
