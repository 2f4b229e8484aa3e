import { between, peer } from './peer.js';

/** Client libraries for messages and calls. */
export const messagingPolicies = [
	peer({
		name: 'aws-iot-mqtt5',
		summary:
			'full jitter on an uncapped window, clipped to 120 s, so mostly 120 s in the end',
		source: 'aws-c-mqtt d699fe4e source/v5/mqtt5_client.c:1322-1369',
		patienceSeconds: 10, // AWS_MQTT5_DEFAULT_CONNACK_PACKET_TIMEOUT_MS
		waitSeconds: ({ failures, random }) =>
			Math.min(120, random() * 2 ** Math.min(failures, 63)),
	}),
	peer({
		name: 'grpc-js',
		summary: 'at once, 1 s, then times 1.6 to 120 s, 20 % either way',
		source: 'grpc-js 1.13.4 src/backoff-timeout.ts:23-26,140-152',
		patienceSeconds: Infinity, // neither TLS nor the preface has a deadline
		connectSeconds: 127, // the kernel's
		waitSeconds({ failures, lastSeconds, random }) {
			if (failures < 2) {
				return failures;
			}
			return Math.min(1.6 * lastSeconds, 120) * between(random, 0.8, 1.2);
		},
	}),
	peer({
		name: 'mqttjs',
		summary: 'exactly 1 s for ever',
		source: 'MQTT.js 5.14.1 src/lib/client.ts:57-62,1785-1808',
		patienceSeconds: 30,
		waitSeconds: () => 1,
	}),
	peer({
		name: 'nats.js',
		summary: 'at once, then 2 to 3 s for ever (TLS, maxReconnectAttempts -1)',
		source: 'nats.js core 3.4.0 options.ts:28-48,127-137, protocol.ts:650-738',
		patienceSeconds: 20,
		waitSeconds: ({ failures, random }) =>
			failures === 0 ? 0 : between(random, 2, 3),
	}),
	peer({
		name: 'socket.io',
		summary:
			'1 s doubling to 5 s, 50 % either way before the cap, so exactly 5 s in the end',
		source:
			'socket.io-client 4.8.3 lib/contrib/backo2.ts:29-37, manager.ts:171-181',
		patienceSeconds: 20,
		waitSeconds({ failures, random }) {
			const draw = random();
			const sign = Math.floor(draw * 10) % 2 === 1 ? 1 : -1;
			return Math.min(5, 2 ** Math.min(failures, 10) * (1 + sign * 0.5 * draw));
		},
	}),
	peer({
		name: 'partysocket',
		summary: 'exactly 3 s, times 1.3 to 10 s, in step',
		source: 'partysocket 1.3.0 dist/ws.js:55-65,292-306',
		patienceSeconds: 4,
		waitSeconds: ({ failures }) =>
			Math.min(10, 3 * 1.3 ** Math.min(failures, 20)),
	}),
];
