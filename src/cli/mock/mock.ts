import { InvalidArgumentError, type Command } from 'commander';

import type { Throttle } from '../../testing/index.js';
import { stopSignals } from '../stop-signals.js';
import { runMock, type MockCommandOptions } from './run-mock.js';

function amount(text: string): number {
	const value = text.trim() === '' ? NaN : Number(text);
	if (!(value >= 0)) {
		throw new InvalidArgumentError('It must be a number, and not negative.');
	}
	return value;
}

function throttle(text: string): Throttle {
	if (text === 'reset' || text === 'refuse' || text === 'slots') {
		return text;
	}
	if (!Number.isFinite(Number(text))) {
		throw new InvalidArgumentError(
			'It must be reset, refuse, slots or a number of seconds.',
		);
	}
	return { retryAfterSeconds: amount(text) };
}

/** `cloudlink-agent mock` */
export function addMock(program: Command): void {
	program
		.command('mock')
		.description(
			'Run a Cloudlink of mock nodes on 127.0.0.1, to try a device and the way to it; takes commands on stdin.',
		)
		.option('--nodes <count>', 'how many nodes', amount, 1)
		.option('--tls', 'wss:// instead of ws:// (UDP always has TLS)')
		.option(
			'--accept-rate <per second>',
			'how many devices each node lets in (default: no limit)',
			amount,
		)
		.option(
			'--burst <count>',
			"how many it lets in at once (default: one second's worth)",
			amount,
		)
		.option(
			'--throttle <answer>',
			'what the others are told: reset, refuse, slots (a place in the queue), or when to come back in seconds (default: slots)',
			throttle,
		)
		.option(
			'--reconnect-window <seconds>',
			'told to each device: how long all need to come back after a cut',
			amount,
		)
		.option(
			'--port <port>',
			"a node's port; repeat it for more nodes (default: free ones)",
			(text: string, before: number[] = []) => [...before, amount(text)],
		)
		.option(
			'--proxy-port <port>',
			'the port of the proxy that leads to the devices (default: a free one)',
			amount,
		)
		.option(
			'--ca-file <path>',
			"where to write the nodes' authority (default: a temporary file)",
		)
		.action(async (options: MockCommandOptions) => {
			const signals = stopSignals();
			try {
				await runMock(options, {
					print: (line) => process.stdout.write(`${line}\n`),
					input: process.stdin,
					stop: signals.first,
				});
			} finally {
				signals.release();
				process.stdin.destroy();
			}
		});
}
