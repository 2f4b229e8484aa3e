import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import type { Methods } from './endpoint.js';

/** One process of the bench, in a network namespace or not. */
export class BenchProcess {
	private readonly child: ChildProcess;
	private nextId = 0;
	private readonly waiting = new Map<
		number,
		{ resolve: (result: never) => void; reject: (error: Error) => void }
	>();

	constructor(namespace?: string) {
		const command = [
			process.execPath,
			'--expose-gc',
			'--import',
			'tsx',
			fileURLToPath(new URL('endpoint.ts', import.meta.url)),
		];
		const [program, ...args] = namespace
			? ['ip', 'netns', 'exec', namespace, ...command]
			: command;
		this.child = spawn(program!, args, {
			stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
		});
		this.child.on(
			'message',
			({
				id,
				result,
				error,
			}: {
				id: number;
				result: never;
				error?: string;
			}) => {
				const waiting = this.waiting.get(id)!;
				this.waiting.delete(id);
				if (error === undefined) {
					waiting.resolve(result);
				} else {
					waiting.reject(new Error(error));
				}
			},
		);
		this.child.on('exit', () => {
			for (const { reject } of this.waiting.values()) {
				reject(new Error('A process of the bench has ended.'));
			}
		});
	}

	call<M extends keyof Methods>(
		method: M,
		...[args]: Parameters<Methods[M]>
	): ReturnType<Methods[M]> {
		const id = this.nextId++;
		return new Promise((resolve, reject) => {
			this.waiting.set(id, { resolve, reject });
			this.child.send({ id, method, args });
		}) as ReturnType<Methods[M]>;
	}

	async stop(): Promise<void> {
		const exited = new Promise((resolve) => this.child.once('exit', resolve));
		this.child.disconnect();
		await exited;
	}
}
