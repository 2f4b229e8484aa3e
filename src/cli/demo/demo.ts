import type { Command } from 'commander';

/** `cloudlink-agent demo`: a cloud, a device and what happens between them, on this machine alone. */
export function addDemo(program: Command): void {
	program
		.command('demo')
		.description(
			'Shows the agent at work on this machine: a node crashes, and the device comes back.',
		)
		.option(
			'--block-tcp',
			'swallow TCP in the middle of a link; the agent goes over UDP, and returns',
		)
		.option(
			'--openvpn',
			'start a real openvpn server to dial with examples/openvpn.ts (needs root)',
		)
		.action(async (options: { blockTcp?: boolean; openvpn?: boolean }) => {
			if (options.openvpn) {
				const { demoOpenvpn } = await import('./openvpn/demo.js');
				await demoOpenvpn();
				return;
			}
			const { story } = await import('./stage.js');
			const tell = story((text) => process.stdout.write(text));
			if (options.blockTcp) {
				const { demoBlockTcp } = await import('./block-tcp.js');
				await demoBlockTcp(tell);
			} else {
				const { demoCrash } = await import('./crash.js');
				await demoCrash(tell);
			}
		});
}
