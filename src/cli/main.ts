#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';

// The first function that one of V8's optimising compilers compiles takes 2 to 5 MB for good, and loading a few files has one that is hot
// enough; the baseline compiler takes half a megabyte. A daemon that waits beside an openvpn has no use for them, so no function passes until
// traffic comes through here (`resumeCompilers`). In this very file: each further one that is loaded first may be the one too many.
if (process.argv[2] === 'run') {
	setFlagsFromString('--maglev-filter=~');
	setFlagsFromString('--turbo-filter=~');
	setFlagsFromString('--no-sparkplug');
}
void import('./start.js');
