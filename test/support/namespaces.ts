import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs a program and gives what it printed; throws with what it said when it fails. */
export function sh(program: string, ...args: string[]): string {
	return execFileSync(program, args, {
		encoding: 'utf8',
		stdio: ['ignore', 'pipe', 'pipe'],
	});
}

let count = 0;

/** A network of its own, with a loopback that is up; removed with everything in it by {@link remove}. */
export class Namespace {
	readonly name: string;
	private readonly directory = mkdtempSync(join(tmpdir(), 'openvpn-netns-'));

	constructor() {
		count += 1;
		this.name = `cl${process.pid}n${count}`;
		sh('ip', 'netns', 'add', this.name);
		this.run('ip', 'link', 'set', 'lo', 'up');
	}

	/** Runs a program in it. */
	run(program: string, ...args: string[]): string {
		return sh('ip', 'netns', 'exec', this.name, program, ...args);
	}

	/** A program that is this one, run in here: the path of a script that execs it. */
	program(program: string): string {
		const path = join(this.directory, program);
		writeFileSync(
			path,
			`#!/bin/sh\nexec ip netns exec ${this.name} ${program} "$@"\n`,
			{ mode: 0o755 },
		);
		return path;
	}

	/** A cable to another one: this end has `ours`, the other `theirs`, both with their prefix length. */
	join(other: Namespace, ours: string, theirs: string): void {
		const [here, there] = [`${this.name}a`, `${this.name}b`];
		this.run('ip', 'link', 'add', here, 'type', 'veth', 'peer', 'name', there);
		this.run('ip', 'link', 'set', there, 'netns', other.name);
		this.run('ip', 'addr', 'add', ours, 'dev', here);
		other.run('ip', 'addr', 'add', theirs, 'dev', there);
		this.run('ip', 'link', 'set', here, 'up');
		other.run('ip', 'link', 'set', there, 'up');
	}

	remove(): void {
		sh('ip', 'netns', 'del', this.name);
		rmSync(this.directory, { recursive: true, force: true });
	}
}
