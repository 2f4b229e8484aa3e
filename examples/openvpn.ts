/**
 * Holds a real OpenVPN link to the servers of `cloudlink-agent demo --openvpn`: TCP first, UDP where TCP
 * does not get through. Needs openvpn installed, but neither root nor a tun device.
 *
 *   CLOUDLINK_CA=/tmp/.../ca.crt npx tsx examples/openvpn.ts
 */
import { readFileSync } from 'node:fs';

import { CloudlinkAgent, openvpn } from 'cloudlink-agent';

const ca = readFileSync(process.env.CLOUDLINK_CA!, 'utf8');
// Leave these out on a device, where the tunnel is to carry something.
const directives = ['dev null', 'ifconfig-noexec', 'route-noexec'];

const agent = new CloudlinkAgent({
	device: { uuid: 'example-device', key: 'example-key' },
	nodes: [process.env.CLOUDLINK_NODE ?? '127.0.0.1:11194'],
	transports: [
		openvpn({ protocol: 'tcp', ca, directives }),
		openvpn({ protocol: 'udp', ca, directives }),
	],
});

agent.on('up', (link) => {
	console.log(`up: ${link.node} over ${link.transport}`);
});
agent.on('down', ({ outcome }) => {
	console.log(`down: ${outcome.kind}, ${outcome.message}`);
});
agent.on('retry', ({ law, delayMs }) => {
	console.log(`again in ${(delayMs / 1000).toFixed(1)} s (${law})`);
});

await agent.start();
process.once('SIGINT', () => {
	void agent.stop();
});
