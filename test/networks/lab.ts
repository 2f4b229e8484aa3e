import { mkdirSync, rmSync, writeFileSync } from 'node:fs';

import { Namespace } from '../support/namespaces.js';
import type { CloudMethods } from './cloud.js';
import type { DeviceMethods } from './device.js';
import type { PortalKind, PortalMethods } from './portal.js';
import { RemoteProcess } from './process.js';

export const ROUTER = { eth0: '10.81.1.1', lte0: '10.81.2.1' } as const;
export const DEVICE = { eth0: '10.81.1.2', lte0: '10.81.2.2' } as const;
export const CLOUD = '10.81.9.2';
export const CLOUD6 = 'fd81:9::2';
/** The cloud's end of an openvpn tunnel. */
export const OPENVPN_PEER = '10.50.0.1';
/** A name with an address of either family. */
export const BOTH = 'node.test';

const HOSTS = `127.0.0.1 localhost\n${CLOUD} ${BOTH}\n${CLOUD6} ${BOTH}\n`;

export type Uplink = keyof typeof ROUTER;

/**
 * A device with an `eth0` and, where it is plugged in, an `lte0`; a router behind each that hides it (NAT); and a cloud
 * with a node. Three network namespaces, real cables between them; nothing leaves the machine.
 */
export class Lab {
	readonly device = new Namespace();
	readonly router = new Namespace();
	readonly cloud = new Namespace();
	#ca = '';
	#port = 0;
	#devices: Array<RemoteProcess<DeviceMethods>> = [];
	cloudProcess!: RemoteProcess<CloudMethods>;
	#portal: RemoteProcess<PortalMethods> | undefined;

	static async start(): Promise<Lab> {
		const lab = new Lab();
		try {
			await lab.#start();
			return lab;
		} catch (error) {
			await lab.stop();
			throw error;
		}
	}

	/** `host:port` of the node by its address; the kernel of the cloud forwards it to the mock. */
	get node(): string {
		return `${CLOUD}:${this.#port}`;
	}

	get port(): number {
		return this.#port;
	}

	get ca(): string {
		return this.#ca;
	}

	async #start(): Promise<void> {
		const { router, cloud } = this;
		this.#etc('hosts', HOSTS);
		this.#etc(
			'resolv.conf',
			'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n',
		);
		cable(cloud, 'net0', router, 'up0');
		cloud.run('ip', 'addr', 'add', `${CLOUD}/24`, 'dev', 'net0');
		cloud.run('ip', 'addr', 'add', `${CLOUD6}/64`, 'dev', 'net0', 'nodad');
		router.run('ip', 'addr', 'add', '10.81.9.1/24', 'dev', 'up0');
		router.run('ip', 'addr', 'add', 'fd81:9::1/64', 'dev', 'up0', 'nodad');
		cloud.run('ip', '-6', 'route', 'add', 'fd81:1::/64', 'via', 'fd81:9::1');
		router.run('sysctl', '-qw', 'net.ipv4.ip_forward=1');
		router.run('sysctl', '-qw', 'net.ipv6.conf.all.forwarding=1');
		// A router of its own behind each uplink: what comes with the address of the other goes nowhere.
		router.run('sysctl', '-qw', 'net.ipv4.conf.all.rp_filter=1');
		iptables(router, '-t nat -A POSTROUTING -o up0 -j MASQUERADE');
		cloud.run('sysctl', '-qw', 'net.ipv4.conf.all.route_localnet=1');
		this.plug('eth0');
		this.address('eth0');
		this.cloudProcess = new RemoteProcess<CloudMethods>(
			cloud.name,
			'./cloud.ts',
		);
		const { ca, port } = await this.cloudProcess.call('start');
		this.#ca = ca;
		this.#port = port;
		for (const protocol of ['tcp', 'udp']) {
			iptables(
				cloud,
				`-t nat -A PREROUTING -d ${CLOUD} -p ${protocol} --dport ${port} -j DNAT --to-destination 127.0.0.1`,
			);
		}
	}

	/** Another process on the device. */
	async addDevice(
		env: NodeJS.ProcessEnv = {},
	): Promise<RemoteProcess<DeviceMethods>> {
		const device = new RemoteProcess<DeviceMethods>(
			this.device.name,
			'./device.ts',
			env,
		);
		this.#devices.push(device);
		await device.call('ready');
		return device;
	}

	/** A new cable between the device and its router. */
	plug(uplink: Uplink): void {
		cable(this.device, uplink, this.router, `r${uplink}`);
		this.router.run(
			'ip',
			'addr',
			'add',
			`${ROUTER[uplink]}/24`,
			'dev',
			`r${uplink}`,
		);
		if (uplink === 'eth0') {
			this.router.run(
				'ip',
				'addr',
				'add',
				'fd81:1::1/64',
				'dev',
				'reth0',
				'nodad',
			);
		}
	}

	/** What DHCP gives: an address and a default route. */
	address(
		uplink: Uplink,
		{
			host = 2,
			metric = uplink === 'eth0' ? 100 : 700,
			route = true,
		}: { host?: number; metric?: number; route?: boolean } = {},
	): void {
		const { device } = this;
		const net = ROUTER[uplink].replace(/\.1$/, '');
		device.run('ip', 'addr', 'add', `${net}.${host}/24`, 'dev', uplink);
		if (uplink === 'lte0') {
			this.#knowGateway(uplink);
		}
		if (route) {
			this.route(uplink, metric);
		}
	}

	/**
	 * LTE asks nobody by ARP. A cable would, in the name of the old link's address for as long as that has packets to
	 * repeat, and this strict router does not answer that.
	 */
	#knowGateway(uplink: Uplink): void {
		const mac = this.router.run('cat', `/sys/class/net/r${uplink}/address`);
		this.device.run(
			...(['ip', 'neigh', 'replace', ROUTER[uplink], 'lladdr'] as const),
			...[mac.trim(), 'dev', uplink, 'nud', 'permanent'],
		);
	}

	route(uplink: Uplink, metric: number): void {
		this.device.run(
			...(['ip', 'route', 'add', 'default', 'via'] as const),
			ROUTER[uplink],
			...['dev', uplink, 'metric', String(metric)],
		);
	}

	/** IPv6 on eth0, with a default route. */
	address6(): void {
		const { device } = this;
		device.run('ip', 'addr', 'add', 'fd81:1::2/64', 'dev', 'eth0', 'nodad');
		device.run('ip', '-6', 'route', 'add', 'default', 'via', 'fd81:1::1');
	}

	/** The cable is pulled out, or put in again, at the router's end: the device keeps its addresses, as with a static configuration. */
	cableOut(uplink: Uplink, out = true): void {
		this.router.run('ip', 'link', 'set', `r${uplink}`, out ? 'down' : 'up');
		if (!out && uplink === 'eth0') {
			// What an interface that goes down loses.
			this.router.run(
				'ip',
				'-6',
				'addr',
				'replace',
				'fd81:1::1/64',
				'dev',
				'reth0',
				'nodad',
			);
		}
	}

	/** The path passes nothing, in silence, though every interface is up. */
	silence(on = true): void {
		for (const command of ['iptables', 'ip6tables']) {
			this.router.run(command, on ? '-I' : '-D', 'FORWARD', '-j', 'DROP');
		}
	}

	/** A slow line: so many kbit/s both ways, with a queue of so many ms. */
	shape(kbit: number, queueMs: number): void {
		const { router } = this;
		for (const dev of ['reth0', 'up0']) {
			router.run(
				...(['tc', 'qdisc', 'replace', 'dev', dev, 'root', 'tbf'] as const),
				...['rate', `${kbit}kbit`, 'burst', '2kb', 'latency', `${queueMs}ms`],
			);
		}
	}

	/** The line is as fast as it was. */
	unshape(): void {
		for (const dev of ['reth0', 'up0']) {
			this.router.run('tc', 'qdisc', 'del', 'dev', dev, 'root');
		}
	}

	/** From now on a portal answers whatever the device connects to over TCP, and UDP goes nowhere; undefined ends it. */
	async portal(how: PortalKind | undefined): Promise<void> {
		const { router } = this;
		if (how === undefined) {
			iptables(router, '-t nat -F PREROUTING');
			iptables(router, '-D FORWARD -p udp -j DROP');
			return;
		}
		this.#portal = new RemoteProcess(router.name, './portal.ts');
		const port = await this.#portal.call('start', how);
		const to = `-p tcp -j REDIRECT --to-ports ${port}`;
		iptables(router, `-t nat -A PREROUTING -i reth0 ${to}`);
		iptables(router, '-I FORWARD -p udp -j DROP');
	}

	/** Whether a name is known on the device, as the node's. */
	name(name: string, known: boolean): void {
		this.#etc('hosts', `${HOSTS}${known ? `${CLOUD} ${name}\n` : ''}`);
	}

	/** Bytes of IPv4, with its headers, that the device's eth0 carries from now on: both ways, without Ethernet's and ARP. */
	countBytes(): () => number {
		iptables(this.device, '-A INPUT -i eth0');
		iptables(this.device, '-A OUTPUT -o eth0');
		return () =>
			['INPUT', 'OUTPUT']
				.map((chain) => this.device.run('iptables', '-nvxL', chain).split('\n'))
				.map(([, , rule]) => Number(rule!.trim().split(/\s+/)[1]))
				.reduce((sum, bytes) => sum + bytes);
	}

	async stop(): Promise<void> {
		await Promise.all(this.#devices.map((device) => device.stop()));
		await this.cloudProcess?.stop();
		await this.#portal?.stop();
		for (const namespace of [this.device, this.router, this.cloud]) {
			namespace.remove();
		}
		rmSync(`/etc/netns/${this.device.name}`, { recursive: true, force: true });
	}

	/** `ip netns exec` puts these over the files of /etc. */
	#etc(file: string, text: string): void {
		const directory = `/etc/netns/${this.device.name}`;
		mkdirSync(directory, { recursive: true });
		writeFileSync(`${directory}/${file}`, text);
	}
}

export function iptables(namespace: Namespace, rule: string): void {
	namespace.run('iptables', ...rule.split(' '));
}

function cable(a: Namespace, nameA: string, b: Namespace, nameB: string): void {
	a.run(
		...(['ip', 'link', 'add', nameA, 'type', 'veth'] as const),
		...['peer', 'name', nameB, 'netns', b.name],
	);
	a.run('ip', 'link', 'set', nameA, 'up');
	b.run('ip', 'link', 'set', nameB, 'up');
}
