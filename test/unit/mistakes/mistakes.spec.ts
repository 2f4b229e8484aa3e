import { expect } from 'chai';

import {
	AgentMetrics,
	CloudlinkAgent,
	CloudlinkError,
	openvpn,
	parseConfigJson,
	ProgressWatch,
	serviceNotifier,
	startHealthServer,
	StatusMarker,
	udp,
	watchConfigJson,
	watchNetwork,
	websocket,
} from '../../../src/index.js';
import {
	HERD_DEFAULTS,
	policyNamed,
	simulateHerd,
} from '../../../src/simulator/index.js';
import {
	createCertificateAuthority,
	MockCloudlink,
	seededRandom,
	UdpRelay,
	VirtualClock,
} from '../../../src/testing/index.js';

/** An argument as a caller in JavaScript gives it: of any type. */
const js = (value: unknown) => value as never;
const nothing = () => undefined;

const device = { uuid: 'a1b2c3', key: 'secret' };
const good = {
	device,
	nodes: ['127.0.0.1:1'],
	transports: [websocket({ insecure: true })],
};

const herd = {
	...HERD_DEFAULTS,
	policy: policyNamed('agent'),
	stockPolicy: policyNamed('balena-tcp-reset'),
};

const agentOf = (change: object) => new CloudlinkAgent({ ...good, ...change });
const agent = () => new CloudlinkAgent(good);
const call = (method: keyof CloudlinkAgent, ...args: unknown[]): unknown =>
	(agent()[method] as (...all: unknown[]) => unknown)(...args);

/**
 * What people get wrong, and what the message has to say. None of them may pass silently, fail only at the
 * first dial, or be a TypeError from inside.
 */
const MISTAKES: ReadonlyArray<
	readonly [what: string, does: () => unknown, says: RegExp]
> = [
	// What the agent is made of.
	['no options', () => new (CloudlinkAgent as any)(), /`options` is missing/],
	['options that are null', () => new CloudlinkAgent(js(null)), /object/],
	['no device', () => agentOf({ device: undefined }), /`device` is missing/],
	[
		'a device that is the uuid',
		() => agentOf({ device: 'a1b2c3' }),
		/`device` must be an object.*uuid/,
	],
	[
		'no uuid',
		() => agentOf({ device: { key: 'k' } }),
		/`device.uuid` is missing/,
	],
	[
		'no key',
		() => agentOf({ device: { uuid: 'a1' } }),
		/`device.key` is missing/,
	],
	[
		'an empty key',
		() => agentOf({ device: { uuid: 'a1', key: '' } }),
		/`device.key`.*characters/,
	],
	[
		'a key that is a Buffer',
		() => agentOf({ device: { uuid: 'a1', key: Buffer.from('k') } }),
		/`device.key`.*printable/,
	],
	[
		'a key with its line break',
		() => agentOf({ device: { uuid: 'a1', key: 'k\n' } }),
		/`device.key`.*printable/,
	],
	[
		'apiKey for key',
		() => agentOf({ device: { uuid: 'a1', apiKey: 'k' } }),
		/unknown option `device.apiKey`/,
	],
	[
		'a uuid with spaces',
		() => agentOf({ device: { uuid: 'a b', key: 'k' } }),
		/`device.uuid`/,
	],
	['node for nodes', () => agentOf({ node: 'a:443' }), /did you mean `nodes`/],
	[
		'nodes as one string',
		() => agentOf({ nodes: 'a:443' }),
		/`nodes` must be a list.*host:port/,
	],
	['no node', () => agentOf({ nodes: [] }), /`nodes`.*host:port/],
	[
		'a node as a URL',
		() => agentOf({ nodes: ['wss://cloud.example.com/'] }),
		/host:port/,
	],
	[
		'a port beyond 65535',
		() => agentOf({ nodes: ['cloud.example.com:70000'] }),
		/port/,
	],
	[
		'no transports',
		() => agentOf({ transports: undefined }),
		/`transports` is missing/,
	],
	[
		'an empty list of transports',
		() => agentOf({ transports: [] }),
		/at least one transport/,
	],
	[
		'transports by name',
		() => agentOf({ transports: ['websocket'] }),
		/`transports.0` must be a transport.*websocket\(\)/,
	],
	[
		'a factory that was not called',
		() => agentOf({ transports: [websocket] }),
		/`transports.0`.*websocket\(\)/,
	],
	[
		'one transport, no list',
		() => agentOf({ transports: websocket() }),
		/`transports` must be a list/,
	],
	[
		'the same transport twice',
		() => agentOf({ transports: [websocket(), websocket()] }),
		/twice/,
	],
	[
		'services as numbers',
		() => agentOf({ services: [8080] }),
		/`services.0`.*\{ port: 8080 \}/,
	],
	[
		'services as text',
		() => agentOf({ services: ['8080'] }),
		/`services.0`.*\{ port/,
	],
	[
		'a service with a port in words',
		() => agentOf({ services: [{ port: '8080' }] }),
		/`services.0.port` must be a port number/,
	],
	[
		'a preset alone',
		() => agentOf({ pacing: 'cellular' }),
		/`pacing` must be an object like \{ preset: 'cellular' \}/,
	],
	[
		'a misspelt preset',
		() => agentOf({ pacing: { preset: 'celular' } }),
		/`pacing.preset`.*cellular/,
	],
	[
		'a pacing option that went',
		() => agentOf({ pacing: { backofFirstMs: 1 } }),
		/did you mean `.*backoffFirstMs`/,
	],
	[
		'a negative duration',
		() => agentOf({ pacing: { backoffFirstMs: -1 } }),
		/must not be negative/,
	],
	[
		'a path alone as state',
		() => agentOf({ state: '/x' }),
		/`state`.*\{ path: .*\}/,
	],
	['state: true', () => agentOf({ state: true }), /`state`.*\{ path/],
	[
		'a deadline in seconds',
		() => agentOf({ dialDeadlineMs: 10 }),
		/`dialDeadlineMs`.*milliseconds/,
	],
	[
		'a liveness in seconds',
		() => agentOf({ livenessMs: 45 }),
		/`livenessMs` must be at least 100 ms/,
	],
	[
		'dialDeadline without its unit',
		() => agentOf({ dialDeadline: 10_000 }),
		/did you mean `dialDeadlineMs`/,
	],
	['NaN', () => agentOf({ retireGraceMs: Number.NaN }), /`retireGraceMs`/],
	[
		'a clock without chance',
		() => agentOf({ runtime: { clock: new VirtualClock() } }),
		/`runtime`.*random/,
	],
	[
		'chance without a clock',
		() => agentOf({ runtime: { random: Math.random } }),
		/`runtime`.*clock/,
	],
	[
		'a clock for a runtime',
		() => agentOf({ runtime: new VirtualClock() }),
		/`runtime` must be \{ clock, random \}/,
	],
	// Its methods.
	[
		'stop({ grace })',
		() => call('stop', { grace: 5 }),
		/did you mean `graceMs`/,
	],
	['stop(5)', () => call('stop', 5), /\{ graceMs: 2000 \}/],
	[
		'on() of an event that is none',
		() => call('on', 'connected', nothing),
		/no event `connected`.*`up`/,
	],
	['on() without a listener', () => call('on', 'up'), /listener.*function/],
	[
		'once() of an event that is none',
		() => call('once', 'disconnect', nothing),
		/no event `disconnect`.*`down`/,
	],
	['waitUntilUp(ms)', () => call('waitUntilUp', 5000), /AbortSignal\.timeout/],
	[
		'waitUntilUp({ timeoutMs })',
		() => call('waitUntilUp', { timeoutMs: 5000 }),
		/unknown option `timeoutMs`.*signal/,
	],
	['networkChanged(true)', () => call('networkChanged', true), /\{ up: true/],
	[
		'networkChanged() without up',
		() => call('networkChanged', { id: 'x' }),
		/`up` is missing/,
	],
	[
		'update() of what cannot change',
		() => call('update', { services: [] }),
		/unknown option `services`/,
	],
	[
		'update() with a key alone',
		() => call('update', { key: 'k' }),
		/unknown option `key`/,
	],
	['ping(ms)', () => call('ping', 1000), /\{ deadlineMs: 5000 \}/],
	// The transports.
	['a ca that is a path', () => websocket({ ca: '/etc/ca.pem' }), /`ca`.*PEM/],
	[
		'a proxy without a scheme',
		() => websocket({ proxy: 'user:hunter2@proxy:3128' }),
		/`proxy` must be the URL of a proxy/,
	],
	[
		'rejectUnauthorized',
		() => websocket(js({ rejectUnauthorized: false })),
		/unknown option `rejectUnauthorized`/,
	],
	[
		'insecure over UDP',
		() => udp(js({ insecure: true })),
		/unknown option `insecure`/,
	],
	[
		'a path without its slash',
		() => websocket({ path: 'cloudlink' }),
		/`path`.*\//,
	],
	[
		'websocket() of a URL',
		() => websocket(js('wss://a')),
		/websocket\(\).*object/,
	],
	[
		'openvpn over quic',
		() => openvpn(js({ protocol: 'quic' })),
		/'tcp' or 'udp'/,
	],
	[
		'openvpn attached and owned at once',
		() => openvpn({ attach: '/run/s.sock', binary: 'openvpn' }),
		/unknown option `binary`/,
	],
	[
		'attaching over the network',
		() => openvpn({ attach: '192.0.2.1:7505' }),
		/loopback/,
	],
	// What is around it.
	[
		'watchNetwork() with a slip',
		() => watchNetwork(js({ agnet: agent() })),
		/did you mean `agent`/,
	],
	[
		'watchConfigJson() without a path',
		() => watchConfigJson(js({})),
		/`current` is missing/,
	],
	[
		'a config.json that is none',
		() => parseConfigJson('{', 'config.json'),
		/config\.json.*JSON/,
	],
	[
		'AgentMetrics({ agent })',
		() => new AgentMetrics(js({ agent: agent() }), { version: '1' }),
		/`agent` must be a CloudlinkAgent/,
	],
	[
		'ProgressWatch({ agent })',
		() => new ProgressWatch(js({ agent: agent() })),
		/`agent` must be a CloudlinkAgent/,
	],
	[
		'startHealthServer() of a port alone',
		() => startHealthServer(js({ port: 1 })),
		/`address` is missing/,
	],
	[
		'StatusMarker of a path',
		() => new StatusMarker(js('/run/x')),
		/StatusMarker/,
	],
	[
		'serviceNotifier({ onError })',
		() => serviceNotifier(js({ onError: nothing })),
		/unknown option `onError`/,
	],
	// For tests.
	[
		'MockCloudlink with node',
		() => MockCloudlink.start(js({ node: 2 })),
		/did you mean `nodes`/,
	],
	[
		'throttle by name of none',
		() => MockCloudlink.start(js({ throttle: 'slow' })),
		/`throttle` must be reset, refuse, slots/,
	],
	[
		'UdpRelay without a port',
		() => UdpRelay.start(js({ random: seededRandom('a') })),
		/`to` is missing/,
	],
	[
		'advance() of no number',
		() => {
			new VirtualClock().advance(js('1s'));
		},
		/milliseconds/,
	],
	[
		'advance() backwards',
		() => {
			new VirtualClock().advance(-5);
		},
		/not be negative/,
	],
	['a VirtualClock of a number', () => new VirtualClock(js(5)), /\{ wallMs: /],
	['seededRandom() without a seed', () => seededRandom(js(undefined)), /seed/],
	[
		'a certificate for hosts',
		async () =>
			await (await createCertificateAuthority()).issue(js({ hosts: ['a'] })),
		/unknown option `hosts`.*`names`/,
	],
	// For planners.
	[
		'a policy that is none',
		() => policyNamed('full-jiter'),
		/did you mean `?full-jitter/,
	],
	[
		'a herd without its policy',
		() => simulateHerd(js({ devices: 5 })),
		/`policy` is missing.*HERD_DEFAULTS/,
	],
	[
		'a herd of nobody',
		() => simulateHerd({ ...herd, devices: 0 }),
		/`devices` must be at least 1/,
	],
];

describe('what people get wrong', () => {
	it('is at least sixty things', () => {
		expect(MISTAKES.length).to.be.at.least(60);
	});

	for (const [what, does, says] of MISTAKES) {
		it(`${what}: the call says what is right`, async () => {
			let thrown: unknown;
			try {
				const result = await does();
				expect.fail(`nothing was thrown, but ${typeof result} returned`);
			} catch (error) {
				thrown = error;
			}
			expect(thrown).to.be.instanceOf(CloudlinkError);
			expect((thrown as CloudlinkError).message).to.match(says);
			expect((thrown as CloudlinkError).message).not.to.contain('hunter2');
		});
	}
});
