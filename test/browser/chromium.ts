import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';

export const CHROMIUM = '/usr/bin/chromium';
export const hasChromium = existsSync(CHROMIUM);

/** It speaks to nobody, neither to its maker's servers. */
const FLAGS = [
	'--headless',
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
	'--host-resolver-rules=MAP * ~NOTFOUND',
	'--remote-debugging-port=0',
];

interface Reply {
	readonly id?: number;
	readonly result?: unknown;
	readonly error?: { readonly message: string };
}

export interface View {
	readonly width: number;
	readonly scheme: 'light' | 'dark';
}

/** A headless Chromium with one tab, driven over its DevTools protocol. */
export class Chromium {
	readonly #process: ChildProcess;
	readonly #folder: string;
	readonly #socket: WebSocket;
	readonly #open = new Map<number, (reply: Reply) => void>();
	#session = '';
	#sent = 0;

	private constructor(
		process: ChildProcess,
		folder: string,
		socket: WebSocket,
	) {
		this.#process = process;
		this.#folder = folder;
		this.#socket = socket;
		socket.on('message', (data: Buffer) => {
			const reply = JSON.parse(data.toString()) as Reply;
			if (reply.id !== undefined) {
				this.#open.get(reply.id)?.(reply);
				this.#open.delete(reply.id);
			}
		});
	}

	static async start(): Promise<Chromium> {
		const folder = mkdtempSync(join(tmpdir(), 'cloudlink-chromium-'));
		const child = spawn(CHROMIUM, [...FLAGS, `--user-data-dir=${folder}`], {
			stdio: 'ignore',
			detached: true,
		});
		const socket = new WebSocket(await endpointOf(folder, child));
		await new Promise((resolve, reject) => {
			socket.once('open', resolve);
			socket.once('error', reject);
		});
		const browser = new Chromium(child, folder, socket);
		const { targetId } = (await browser.#send('Target.createTarget', {
			url: 'about:blank',
		})) as { targetId: string };
		const attached = (await browser.#send('Target.attachToTarget', {
			targetId,
			flatten: true,
		})) as { sessionId: string };
		browser.#session = attached.sessionId;
		return browser;
	}

	/** Shows a page as a reader with this screen has it. */
	async show(html: string, { width, scheme }: View): Promise<void> {
		await this.#send('Emulation.setDeviceMetricsOverride', {
			width,
			height: 800,
			deviceScaleFactor: 1,
			mobile: false,
		});
		await this.#send('Emulation.setEmulatedMedia', {
			features: [{ name: 'prefers-color-scheme', value: scheme }],
		});
		await this.evaluate(
			`document.open(); document.write(${JSON.stringify(html)}); document.close()`,
		);
	}

	/** The value of an expression in the page. */
	async evaluate(expression: string): Promise<unknown> {
		const reply = (await this.#send('Runtime.evaluate', {
			expression,
			returnByValue: true,
		})) as {
			result: { value?: unknown };
			exceptionDetails?: { exception?: { description?: string } };
		};
		if (reply.exceptionDetails) {
			throw new Error(reply.exceptionDetails.exception?.description);
		}
		return reply.result.value;
	}

	async stop(): Promise<void> {
		this.#socket.terminate();
		const gone = new Promise((resolve) => {
			this.#process.once('exit', resolve);
		});
		// Its helpers are in its own process group.
		process.kill(-this.#process.pid!, 'SIGKILL');
		await gone;
		rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
	}

	async #send(method: string, params: object): Promise<unknown> {
		const id = ++this.#sent;
		const sessionId = this.#session || undefined;
		const reply = await new Promise<Reply>((resolve) => {
			this.#open.set(id, resolve);
			this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
		});
		if (reply.error) {
			throw new Error(`${method}: ${reply.error.message}`);
		}
		return reply.result;
	}
}

/** Where it listens: it writes that down when it does. */
async function endpointOf(
	folder: string,
	child: ChildProcess,
): Promise<string> {
	const file = join(folder, 'DevToolsActivePort');
	for (let tries = 0; tries < 400; tries++) {
		const [port, path] = existsSync(file)
			? readFileSync(file, 'utf8').split('\n')
			: [];
		if (port && path) {
			return `ws://127.0.0.1:${port}${path}`;
		}
		if (child.exitCode !== null) {
			throw new Error(`Chromium ended with ${child.exitCode}.`);
		}
		await pause(50);
	}
	throw new Error('Chromium did not start within 20 s.');
}
