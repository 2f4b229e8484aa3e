/**
 * The package as it is published, by its own name: what `npm run build` made. The names are computed, since the
 * compiler would look for types that are only there after the build.
 */
const NAME = 'cloudlink-agent';

export const built = (await import(
	NAME
)) as typeof import('../../src/index.js');

export const builtTesting = (await import(
	`${NAME}/testing`
)) as typeof import('../../src/testing/index.js');
