import { webcrypto } from 'node:crypto';

import { callOptions, checkOptions } from '../options.js';
import { systemClock, type Clock } from '../runtime/index.js';
import * as v from '../schema.js';

/** What a node on loopback is called. */
const LOOPBACK_NAMES = ['127.0.0.1', '::1', 'localhost'] as const;

/** A certificate with its key, both PEM, as `tls.createServer` takes them. */
export interface Certificate {
	readonly cert: string;
	readonly key: string;
}

/** What a certificate is for, and when. */
export interface CertificateRequest {
	/** The host names and IP addresses that it is for. @default 127.0.0.1, ::1 and localhost */
	readonly names?: readonly string[];
	/** When it is valid, by the clock of the authority. @default 'now' */
	readonly valid?: 'now' | 'no-longer' | 'not-yet';
}

/** A certificate authority of its own, for tests: nothing of it is written to disk. */
export interface CertificateAuthority {
	/** Its own certificate, PEM: what a device has to trust. */
	readonly ca: string;
	/** Issues a certificate for a server. */
	issue(request?: CertificateRequest): Promise<Certificate>;
}

const requestOptions = callOptions(
	{
		names: v.optional(
			v.array(v.string('must be a name or an address'), 'must be a list'),
		),
		valid: v.optional(
			v.picklist(
				['now', 'no-longer', 'not-yet'],
				'must be now, no-longer or not-yet',
			),
		),
	},
	"{ names: ['cloud.example.com'] }",
);

const DAY_MS = 24 * 3600 * 1000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Offsets in days from now. Wide enough for a machine whose clock is a little off. */
const VALIDITY = {
	now: [-2, 30],
	'no-longer': [-30, -2],
	'not-yet': [2, 30],
} as const;

async function makeKeys() {
	return await webcrypto.subtle.generateKey(ALGORITHM, true, [
		'sign',
		'verify',
	]);
}

const days = (nowMs: number, [from, to]: readonly [number, number]) => ({
	notBefore: new Date(nowMs + from * DAY_MS),
	notAfter: new Date(nowMs + to * DAY_MS),
});

const isAddress = (name: string) => /^[\d.]+$|:/.test(name);

function pem(label: string, der: ArrayBuffer): string {
	const lines =
		Buffer.from(der)
			.toString('base64')
			.match(/.{1,64}/g) ?? [];
	return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** Makes a {@link CertificateAuthority} (EC P-256, SHA-256). Takes some 10 ms. */
export async function createCertificateAuthority({
	clock = systemClock,
	name = 'Mock Cloudlink CA',
}: { clock?: Clock; name?: string } = {}): Promise<CertificateAuthority> {
	// Loaded here, since x509 needs reflect-metadata, which adds to the global Reflect.
	await import('reflect-metadata');
	const x509 = await import('@peculiar/x509');

	const issuer = `CN=${name}`;
	const keys = await makeKeys();
	const authority = await x509.X509CertificateGenerator.createSelfSigned(
		{
			name: issuer,
			keys,
			signingAlgorithm: ALGORITHM,
			...days(clock.wallMs(), [-60, 60]),
			extensions: [
				new x509.BasicConstraintsExtension(true, 0, true),
				new x509.KeyUsagesExtension(
					x509.KeyUsageFlags.keyCertSign + x509.KeyUsageFlags.cRLSign,
					true,
				),
				await x509.SubjectKeyIdentifierExtension.create(
					keys.publicKey,
					false,
					webcrypto,
				),
			],
		},
		webcrypto,
	);

	return {
		ca: `${authority.toString('pem')}\n`,
		issue: async (request = {}) => {
			const { names = LOOPBACK_NAMES, valid = 'now' } = checkOptions(
				requestOptions,
				request,
				'issue()',
			);
			const leafKeys = await makeKeys();
			const leaf = await x509.X509CertificateGenerator.create(
				{
					subject: `CN=${names[0]}`,
					issuer,
					publicKey: leafKeys.publicKey,
					signingKey: keys.privateKey,
					signingAlgorithm: ALGORITHM,
					...days(clock.wallMs(), VALIDITY[valid]),
					extensions: [
						new x509.BasicConstraintsExtension(false, undefined, true),
						new x509.KeyUsagesExtension(
							x509.KeyUsageFlags.digitalSignature,
							true,
						),
						new x509.ExtendedKeyUsageExtension([
							x509.ExtendedKeyUsage.serverAuth,
						]),
						new x509.SubjectAlternativeNameExtension(
							names.map((value) => ({
								type: isAddress(value) ? 'ip' : 'dns',
								value,
							})),
						),
						await x509.AuthorityKeyIdentifierExtension.create(
							authority,
							false,
							webcrypto,
						),
					],
				},
				webcrypto,
			);
			return {
				cert: `${leaf.toString('pem')}\n`,
				key: pem(
					'PRIVATE KEY',
					await webcrypto.subtle.exportKey('pkcs8', leafKeys.privateKey),
				),
			};
		},
	};
}
