import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Node has no unix datagram sockets; perl is on every Debian. Prints each datagram, its lines joined by `|`. */
const LISTENER = `
use strict; use Socket; $| = 1;
socket(my $s, PF_UNIX, SOCK_DGRAM, 0) or die "socket: $!";
bind($s, sockaddr_un($ARGV[0])) or die "bind: $!";
print "listening\\n";
while (defined recv($s, my $b, 65536, 0)) { $b =~ s/\\n/|/g; print "$b\\n"; }
`;

/** A service manager that only listens: what it was told, in order. */
export class FakeSystemd {
	readonly told: string[] = [];
	readonly #folder = mkdtempSync(join(tmpdir(), 'cloudlink-systemd-'));
	readonly socket = join(this.#folder, 'notify');
	readonly #child = spawn('perl', ['-e', LISTENER, this.socket], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});

	/** Whether this machine has what it takes. */
	static get possible(): boolean {
		try {
			execFileSync('systemd-notify', ['--version']);
			execFileSync('perl', ['-e', '1']);
			return true;
		} catch {
			return false;
		}
	}

	static async start(): Promise<FakeSystemd> {
		const systemd = new FakeSystemd();
		const lines = createInterface({ input: systemd.#child.stdout });
		await new Promise<void>((resolve, reject) => {
			systemd.#child.once('error', reject);
			lines.on('line', (line) => {
				if (line === 'listening') {
					resolve();
				} else if (line !== 'BARRIER=1') {
					// The barrier's descriptor was dropped when it was received, which is the answer.
					systemd.told.push(line);
				}
			});
		});
		return systemd;
	}

	/** How often it was told something that begins so. */
	count(start: string): number {
		return this.told.filter((line) => line.startsWith(start)).length;
	}

	stop(): void {
		this.#child.kill('SIGKILL');
		rmSync(this.#folder, { recursive: true, force: true });
	}
}
