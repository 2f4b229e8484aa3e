import { execFileSync } from 'node:child_process';
import {
	chmodSync,
	existsSync,
	mkdirSync,
	readFileSync,
	appendFileSync,
	readdirSync,
	renameSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { createCertificateAuthority } from '../../src/testing/certificates.js';

const SUITE = 'bookworm';
const PACKAGES = [
	'systemd',
	'systemd-sysv',
	'dbus',
	'openvpn',
	'iproute2',
	'busybox',
	'procps',
];

/** A Debian with systemd and openvpn, made once for a machine: it takes a minute. */
function baseTarball(): string {
	const path = join(tmpdir(), `cloudlink-systemd-${SUITE}-1.tar`);
	if (!existsSync(path)) {
		const partial = `${path}.${process.pid}`;
		execFileSync(
			'mmdebstrap',
			[
				'--quiet',
				'--variant=minbase',
				'--format=tar',
				`--include=${PACKAGES.join(',')}`,
				SUITE,
				partial,
			],
			{ stdio: 'inherit' },
		);
		renameSync(partial, path);
	}
	return path;
}

/** The only folder in the PATH of what runs on the host: a balenaOS host has no more. */
const BUSYBOX = '/usr/lib/busybox-only';

/**
 * The root of a device: units like those of balenaOS, an openvpn server in a network namespace of its own, and the
 * examples of this repository as they are, but for the shell, which is busybox's.
 */
export async function makeImage(root: string): Promise<void> {
	mkdirSync(root, { recursive: true });
	execFileSync('tar', [
		'--extract',
		'--file',
		baseTarball(),
		'--directory',
		root,
	]);
	const put = (path: string, text: string, mode = 0o644) => {
		const file = join(root, path);
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(file, text);
		chmodSync(file, mode);
	};
	const own = (name: string, path: string, mode?: number) => {
		put(path, readFileSync(join('test/systemd/root', name), 'utf8'), mode);
	};
	const example = (name: string, path: string) => {
		const text = readFileSync(join('examples', name), 'utf8');
		put(path, text.replaceAll('/bin/sh ', `${BUSYBOX}/sh `));
	};
	/** Where an OS has its units, which may be read-only, and where who runs it has theirs. */
	const osUnits = '/usr/lib/systemd/system';
	const units = '/etc/systemd/system';

	const authority = await createCertificateAuthority();
	const { key, cert } = await authority.issue();
	put('/etc/cloud/ca.crt', authority.ca);
	put('/etc/cloud/server.crt', cert);
	put('/etc/cloud/server.key', key, 0o600);
	own('server.conf', '/etc/cloud/server.conf');
	own('login', '/etc/cloud/login', 0o755);
	const client = readFileSync('test/systemd/root/client.conf', 'utf8');
	put('/etc/openvpn/openvpn.conf', `${client}<ca>\n${authority.ca}</ca>\n`);
	own('upscript.sh', '/etc/openvpn-misc/upscript.sh', 0o755);
	own('downscript.sh', '/etc/openvpn-misc/downscript.sh', 0o755);
	own('block.cjs', '/usr/lib/block.cjs');
	for (const name of readdirSync('test/systemd/root')) {
		if (name.endsWith('.service')) {
			own(name, join(osUnits, name));
		}
	}

	example(
		'systemd/cloudlink-agent.service',
		`${units}/cloudlink-agent.service`,
	);
	example(
		'systemd/cloudlink-agent-attached.service',
		`${units}/cloudlink-agent-attached.service`,
	);
	example(
		'openvpn-dropin/cloudlink.conf',
		`${osUnits}/openvpn.service.d/cloudlink.conf`,
	);
	example(
		'openvpn-dropin/cloudlink-openvpn-guard.service',
		`${osUnits}/cloudlink-openvpn-guard.service`,
	);
	example('openvpn-dropin/helper.sh', '/usr/lib/cloudlink-openvpn/helper.sh');
	put(
		`${units}/cloudlink-openvpn-guard.service.d/path.conf`,
		`[Service]\nEnvironment=PATH=${BUSYBOX}\n`,
	);
	const busybox = join(root, BUSYBOX);
	mkdirSync(busybox, { recursive: true });
	for (const applet of ['sh', 'rm', 'sleep', 'cat']) {
		symlinkSync('/usr/bin/busybox', join(busybox, applet));
	}
	symlinkSync('/usr/bin/systemctl', join(busybox, 'systemctl'));

	put(
		'/mnt/boot/config.json',
		JSON.stringify({
			uuid: 'a1b2c3d4',
			deviceApiKey: 'key01234',
			vpnEndpoint: '10.99.0.1',
		}),
	);
	appendFileSync(
		join(root, 'etc/passwd'),
		'openvpn:x:901:901::/:/usr/sbin/nologin\n',
	);
	appendFileSync(join(root, 'etc/group'), 'openvpn:x:901:\n');
	symlinkSync(
		'/opt/cloudlink/dist/cli.cjs',
		join(root, 'usr/bin/cloudlink-agent'),
	);
	for (const place of ['opt/cloudlink', 'mnt/data', 'mnt/root']) {
		mkdirSync(join(root, place), { recursive: true });
	}
	put('/usr/bin/node', '');
	put('/etc/machine-id', '');
	// Debian's own ways to start openvpn, which balenaOS does not have.
	for (const path of [
		'lib/systemd/system-generators/openvpn-generator',
		'etc/systemd/system/multi-user.target.wants/openvpn.service',
	]) {
		rmSync(join(root, path), { force: true });
	}
}
