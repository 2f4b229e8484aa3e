import { parseConfiguration } from './configuration.js';

const NAMES = new Set([
	'verify-x509-name',
	'verify-hash',
	'peer-fingerprint',
	'tls-verify',
	'tls-remote',
]);

/** Directives that say whose certificate is good. */
export const saysWhoIsGood = (name: string): boolean => NAMES.has(name);

/** What a configuration lets a node get away with, one sentence each: for `doctor`. */
export function unverifiedBy(config: string): string[] {
	const { directives } = parseConfiguration(config);
	const has = (test: (name: string) => boolean) =>
		directives.some(({ name }) => test(name));
	const bounded = has(
		(name) => name === 'route-nopull' || name === 'pull-filter',
	);
	return [
		...(has((name) =>
			['remote-cert-tls', 'remote-cert-eku', 'remote-cert-ku'].includes(name),
		)
			? []
			: [
					'any certificate of its authority passes for a node, also one that is for a client: `remote-cert-tls server` is missing',
				]),
		...(has(saysWhoIsGood)
			? []
			: [
					'the name in the certificate is not compared with the node: `verify-x509-name` is missing',
				]),
		...(bounded
			? []
			: [
					'routes, the default gateway and name servers that a node pushes are taken: `route-nopull` or `pull-filter` would bound them',
				]),
	];
}
