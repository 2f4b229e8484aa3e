import { checkServerIdentity, type PeerCertificate } from 'node:tls';

import { outcome } from '../../outcome.js';
import { adviceFor } from './advice.js';
import { findings, type Finding } from './finding.js';

export interface CertificateSeen {
	readonly host: string;
	readonly certificate: PeerCertificate;
	/** What verification said against it, or ''. */
	readonly problem: string;
	readonly protocol: string;
	readonly wallMs: number;
}

const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);

function span(ms: number): string {
	const hours = ms / 3_600_000;
	return hours < 48
		? `${Math.max(1, Math.round(hours))} h`
		: `${Math.round(hours / 24)} days`;
}

/**
 * Judges a certificate against the device's own clock. Validity comes before trust: with a wrong clock everything else
 * that verification says is worth nothing.
 */
export function checkCertificate(seen: CertificateSeen): Finding {
	const finding = findings('TLS');
	const { host, certificate, problem, protocol, wallMs } = seen;
	const from = Date.parse(certificate.valid_from);
	const to = Date.parse(certificate.valid_to);
	const issuer = certificate.issuer?.O ?? certificate.issuer?.CN ?? 'nobody';
	if (wallMs < from) {
		return finding.failure(
			`The certificate is valid from ${day(from)}, and the clock says ${day(wallMs)}: the clock is behind by ${span(from - wallMs)} or more.`,
			adviceFor(outcome('clock-wrong', '')),
		);
	}
	if (wallMs > to) {
		return finding.failure(
			`The certificate was valid until ${day(to)}, and the clock says ${day(wallMs)}.`,
			adviceFor(outcome('tls-expired', '')),
		);
	}
	const wrongHost = checkServerIdentity(host, certificate);
	if (wrongHost) {
		return finding.failure(
			`The certificate does not name ${host}.`,
			adviceFor(outcome('tls-wrong-host', '')),
		);
	}
	if (problem) {
		return finding.failure(
			`The certificate by "${String(issuer)}" is not trusted (${problem}).`,
			adviceFor(outcome('tls-unknown-ca', '')),
		);
	}
	return finding.ok(
		`${protocol}; the certificate by "${String(issuer)}" is valid until ${day(to)}, and the device's clock lies within.`,
	);
}
