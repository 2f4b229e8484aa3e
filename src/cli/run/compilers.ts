import { setFlagsFromString } from 'node:v8';

/** Lets V8 compile what is hot again: every function passes its filters, as by default. */
export function resumeCompilers(): void {
	setFlagsFromString('--maglev-filter=*');
	setFlagsFromString('--turbo-filter=*');
}
