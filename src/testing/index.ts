export {
	createCertificateAuthority,
	type Certificate,
	type CertificateAuthority,
	type CertificateRequest,
} from './certificates.js';
export {
	transportCompliance,
	type TestRunner,
} from './compliance/compliance.js';
export { mockWorld, type ComplianceWorld } from './compliance/world.js';
export type { CarrierFault, NodeFaults } from './mock/faults.js';
export type { LinkHints, MockLink } from './mock/link.js';
export { MockCloudlink, type MockNode } from './mock/mock-cloudlink.js';
export type { NodeState } from './mock/node.js';
export type {
	Authenticate,
	CertificateFlaw,
	MockCloudlinkOptions,
	Throttle,
} from './mock/options.js';
export type { DeviceStats, MockStats } from './mock/registry.js';
export { UdpRelay, type PathConditions, type RelayOptions } from './relay.js';
export { seededRandom, type SeededRandom } from './seeded-random.js';
export { settle } from './settle.js';
export { VirtualClock } from './virtual-clock.js';
