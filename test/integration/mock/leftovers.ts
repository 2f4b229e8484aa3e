/* Run as a process of its own by lifecycle.spec.ts: it ends only if nothing is left behind. */
import { MockCloudlink } from '../../../src/testing/index.js';
import { LocalService } from '../../support/local-services.js';
import { connect, dial } from '../../support/mock-device.js';
import { tunnelThrough } from '../../support/proxy-client.js';

const service = await LocalService.start();
const mock = await MockCloudlink.start({
	nodes: 6,
	tls: true,
	authenticate: (uuid) =>
		uuid === 'unanswered' ? new Promise(() => undefined) : true,
});
const device = { ca: mock.ca, ports: [service.port] };
const node = (index: number) => mock.nodes[index]!.address;

const linked = await Promise.all([
	connect(node(0), { ...device, uuid: 'idle' }),
	connect(node(1), { ...device, uuid: 'draining' }),
	connect(node(2), { ...device, uuid: 'held' }),
	connect(node(3), { ...device, uuid: 'mute' }),
]);
const tunnel = await tunnelThrough(
	mock.proxyPort,
	`idle.balena:${service.port}`,
);
await mock.drain(1);
await mock.setFault(2, { tcp: 'blackhole' });
await mock.setFault(3, { tcp: 'mute' });
await mock.setFault(4, { tcp: { slowHandshakeMs: 3_600_000 } });
const hanging = [
	dial(node(2), device),
	dial(node(3), device),
	dial(node(4), device),
	dial(node(0), { ...device, uuid: 'unanswered' }),
];
await mock.crash(5);
while (mock.stats().attempts < 7) {
	await new Promise((resolve) => setTimeout(resolve, 5));
}
await mock.stop();

// What is the device's own is not the mock's to end.
tunnel.destroy();
for (const { ws } of linked) {
	ws.terminate();
}
await Promise.all(hanging);
await service.stop();
console.log('stopped');
