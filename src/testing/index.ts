export {
	createCertificateAuthority,
	type Certificate,
	type CertificateAuthority,
	type CertificateRequest,
} from './certificates.js';
export { seededRandom, type SeededRandom } from './seeded-random.js';
export { settle, VirtualClock } from './virtual-clock.js';
