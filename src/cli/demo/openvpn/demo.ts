import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { createCertificateAuthority } from '../../../testing/certificates.js';
import { NO_ADDRESSES } from './configuration.js';
import { OpenvpnServer } from './server.js';
import { stopSignals } from '../../stop-signals.js';

const PORT = 11_194;

const HELP = `Management commands of the server, to try while a device is connected:
  client-kill CID "RESTART,window=20"   drain: come back within 20 s
  client-kill CID                       drain, without a window
  client-kill CID HALT                  stay away
Type one, or end it all with Ctrl-C.
`;

/**
 * `cloudlink-agent demo --openvpn`: a stock openvpn server on loopback, over TCP and UDP, that lets
 * everybody in and tells each a reconnect window of 60 s. The client needs no tun and no root.
 */
export async function demoOpenvpn(): Promise<void> {
	const say = (text: string) => process.stdout.write(`${text}\n`);
	const directory = await mkdtemp(join(tmpdir(), 'cloudlink-demo-'));
	const servers: OpenvpnServer[] = [];
	const signals = stopSignals();
	const lines = createInterface({ input: process.stdin });
	try {
		const authority = await createCertificateAuthority();
		const certificate = { ca: authority.ca, ...(await authority.issue()) };
		const caPath = join(directory, 'ca.crt');
		await writeFile(caPath, authority.ca);
		for (const protocol of ['tcp', 'udp'] as const) {
			servers.push(
				await OpenvpnServer.start({
					protocol,
					port: PORT,
					certificate,
					device: `cloudlink-${protocol}`,
					directives: [...NO_ADDRESSES, 'keepalive 10 60'],
					authenticate: ({ cid, uuid }) => {
						say(`server (${protocol}): lets ${uuid} in as client ${cid}`);
						return { accept: ['echo cloudlink reconnect-window=60'] };
					},
				}),
			);
		}
		say(`openvpn servers listen on 127.0.0.1:${PORT}, TCP and UDP. In another terminal:

  CLOUDLINK_CA=${caPath} npx tsx examples/openvpn.ts
`);
		say(HELP);
		lines.on('line', (line) => {
			for (const server of line.trim() === '' ? [] : servers) {
				void server.command(line).then(({ ok, lines: [told] }) => {
					say(`server: ${ok ? '' : 'error: '}${told}`);
				});
			}
		});
		await signals.first;
	} catch (error) {
		throw new Error(
			'the demo needs openvpn, root and /dev/net/tun (on Debian: apt-get install openvpn)',
			{ cause: error },
		);
	} finally {
		lines.close();
		signals.release();
		await Promise.all(servers.map((server) => server.stop()));
		await rm(directory, { recursive: true, force: true });
	}
}
