import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

interface Answer {
	readonly id: number;
	readonly result?: unknown;
	readonly error?: string;
}

type Methods<M> = {
	[K in keyof M]: (...argument: never[]) => Promise<unknown>;
};

/** A process in a network namespace that does what it is told, one message each way. */
export class RemoteProcess<M extends Methods<M>> {
	readonly #child: ChildProcess;
	readonly #waiting = new Map<
		number,
		{ resolve: (result: never) => void; reject: (error: Error) => void }
	>();
	#nextId = 0;
	/** How it ended, if it has: a device that dies is what these tests look for. */
	exit: string | undefined;
	/** What it wrote to stderr. */
	log = '';

	constructor(namespace: string, script: string, env: NodeJS.ProcessEnv = {}) {
		this.#child = spawn(
			'ip',
			[
				...['netns', 'exec', namespace, process.execPath, '--import', 'tsx'],
				fileURLToPath(new URL(script, import.meta.url)),
			],
			{
				stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
				env: { ...process.env, ...env },
			},
		);
		this.#child.stderr!.on('data', (text: Buffer) => {
			this.log = (this.log + text.toString()).slice(-20_000);
		});
		this.#child.on('message', ({ id, result, error }: Answer) => {
			const waiting = this.#waiting.get(id);
			this.#waiting.delete(id);
			if (error === undefined) {
				waiting?.resolve(result as never);
			} else {
				waiting?.reject(new Error(error));
			}
		});
		this.#child.on('exit', (code, signal) => {
			this.exit = `exit ${code ?? signal}`;
			for (const { reject } of this.#waiting.values()) {
				reject(new Error(`The process has ended (${this.exit}): ${this.log}`));
			}
			this.#waiting.clear();
		});
	}

	get pid(): number {
		return this.#child.pid!;
	}

	call<K extends keyof M & string>(
		method: K,
		...[argument]: Parameters<M[K]>
	): ReturnType<M[K]> {
		const id = this.#nextId++;
		return new Promise((resolve, reject) => {
			if (this.exit !== undefined) {
				reject(new Error(`The process has ended (${this.exit}): ${this.log}`));
				return;
			}
			this.#waiting.set(id, { resolve, reject });
			this.#child.send({ id, method, argument });
		}) as ReturnType<M[K]>;
	}

	async stop(): Promise<void> {
		if (this.exit === undefined) {
			const exited = new Promise((resolve) =>
				this.#child.once('exit', resolve),
			);
			this.#child.disconnect();
			const late = setTimeout(() => this.#child.kill('SIGKILL'), 5000);
			await exited;
			clearTimeout(late);
		}
	}
}

/** The other end: answers each message with what the method of that name gives. */
export function serveMethods<M extends Methods<M>>(methods: M): void {
	process.on(
		'message',
		({
			id,
			method,
			argument,
		}: {
			id: number;
			method: keyof M;
			argument: never;
		}) => {
			methods[method](argument).then(
				(result) => process.send!({ id, result }),
				(error: unknown) =>
					process.send!({
						id,
						error: error instanceof Error ? error.stack : String(error),
					}),
			);
		},
	);
	process.once('disconnect', () => process.exit());
}
