import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import * as os from 'node:os';

import { childEnvironment } from '../../../environment.js';
import { VERSION } from '../../../version.js';

const LONGEST_BYTES = 256 * 1024;

/** What a program prints, or why it does not. Its output is bounded, and so is its time. */
function outputOf(program: string, ...args: string[]): Promise<string> {
	return new Promise((resolve) => {
		const options = {
			timeout: 5000,
			maxBuffer: LONGEST_BYTES,
			env: childEnvironment(),
		};
		execFile(program, args, options, (error, stdout) => {
			const failure = error ? `(${error.message.trim()})\n` : '';
			resolve(`$ ${[program, ...args].join(' ')}\n${stdout}${failure}`);
		});
	});
}

async function contentOf(file: string): Promise<string> {
	const text = await readFile(file, 'utf8').catch(
		({ code }: NodeJS.ErrnoException) => `(${code})\n`,
	);
	return `$ cat ${file}\n${text.slice(0, LONGEST_BYTES)}`;
}

/** The machine and the versions on it. */
export const machineFacts = () => ({
	version: VERSION,
	node: process.version,
	platform: `${process.platform} ${process.arch} ${os.release()}`,
	time: new Date().toISOString(),
	uptimeSeconds: Math.round(os.uptime()),
	loadAverage: os.loadavg(),
	memory: { freeBytes: os.freemem(), totalBytes: os.totalmem() },
});

/** Addresses, routes and name servers. */
export async function networkFacts(): Promise<string> {
	const parts = await Promise.all([
		outputOf('ip', 'address'),
		outputOf('ip', 'route', 'show', 'table', 'all'),
		outputOf('ip', 'rule'),
		contentOf('/etc/resolv.conf'),
	]);
	const interfaces = JSON.stringify(os.networkInterfaces(), undefined, 2);
	return [...parts, `$ interfaces\n${interfaces}\n`].join('\n');
}

/** The journal of our units, for an agent that cannot be asked for its last lines. */
export const journal = async () =>
	await outputOf(
		'journalctl',
		'-n',
		'300',
		'--no-pager',
		'-u',
		'cloudlink-agent*',
	);
