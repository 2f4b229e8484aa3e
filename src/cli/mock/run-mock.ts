import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

import { MockCloudlink, type Throttle } from '../../testing/index.js';
import { HELP, obey } from './obey.js';

export interface MockCommandOptions {
	readonly nodes?: number;
	readonly tls?: boolean;
	readonly acceptRate?: number;
	readonly burst?: number;
	readonly throttle?: Throttle;
	/** Seconds. */
	readonly reconnectWindow?: number;
	/** The nodes' ports, in order. */
	readonly port?: readonly number[];
	readonly proxyPort?: number;
	/** Where the nodes' authority is written. @default a temporary file, removed at the end */
	readonly caFile?: string;
}

/** What the command talks to. */
export interface MockCommandIo {
	readonly print: (line: string) => void;
	/** Lines with commands, see `help` there; its end is not the end of the mock. */
	readonly input: Readable;
	/** Resolves when the mock is to stop. */
	readonly stop: Promise<unknown>;
}

/** Runs a mock until it is told to stop; then nothing of it is left. */
export async function runMock(
	options: MockCommandOptions,
	{ print, input, stop }: MockCommandIo,
): Promise<void> {
	const mock = await MockCloudlink.start({
		nodes: options.nodes,
		tls: options.tls,
		acceptRatePerSecond: options.acceptRate,
		burst: options.burst,
		throttle: options.throttle,
		reconnectWindowMs:
			options.reconnectWindow && options.reconnectWindow * 1000,
		ports: options.port,
		proxyPort: options.proxyPort,
	});
	const caFile = options.caFile ?? temporaryFile('ca.pem');
	const lines = createInterface({ input });
	try {
		writeFileSync(caFile, mock.ca, { mode: 0o644 });
		greeting(mock, options.tls ?? false, caFile).forEach(print);
		let last: Promise<unknown> = Promise.resolve();
		lines.on('line', (line) => {
			last = last.then(async () => {
				print(await obey(mock, line));
			});
		});
		await stop;
	} finally {
		lines.close();
		await mock.stop();
		if (options.caFile === undefined) {
			rmSync(dirname(caFile), { recursive: true, force: true });
		}
	}
}

/** In a folder of its own that others may read. */
function temporaryFile(name: string): string {
	const folder = mkdtempSync(join(tmpdir(), 'cloudlink-mock-'));
	chmodSync(folder, 0o755);
	return join(folder, name);
}

function greeting(
	mock: MockCloudlink,
	tls: boolean,
	caFile: string,
): readonly string[] {
	const nodes = mock.nodes.map(({ address }) => `--node ${address}`).join(' ');
	const proxy = `127.0.0.1:${mock.proxyPort}`;
	return [
		...mock.nodes.map(({ address }, i) => `Node ${i}: ${address}`),
		`Authority: ${caFile}`,
		`Proxy: ${proxy}`,
		'',
		'A device, in another terminal (any uuid, any key):',
		`  CLOUDLINK_KEY=any npx cloudlink-agent run --uuid a1b2 ${nodes} --ca ${caFile} ${tls ? '' : '--insecure '}--service 8080 --service 22222 --state none --health none --control none --marker none`,
		'What listens on its port 8080, and ssh to its port 22222, through the tunnel:',
		`  curl -x http://${proxy} http://a1b2.balena:8080/`,
		`  ssh -p 22222 -o ProxyCommand='nc -X connect -x ${proxy} %h %p' root@a1b2.balena`,
		'',
		`Type a command (${HELP}), or press Ctrl-C to end.`,
	];
}
