import { CloudlinkError } from '../errors.js';

/** One client of an openvpn server. */
export interface OpenvpnClient {
	/** The number that `client-kill` takes. */
	readonly cid: string;
	/** With `username-as-common-name` the device's uuid; `UNDEF` before its login; undefined where it cannot be told. */
	readonly commonName: string | undefined;
	/** Address and port of whoever connected: a balancer's, unless it tells them (`send-proxy`). */
	readonly realAddress: string | undefined;
	/** Seconds since 1970, by the server's clock. */
	readonly connectedSince: number | undefined;
}

/** No server has more clients than openvpn's own limit on `max-clients` allows. */
const MOST_CLIENTS = 1_000_000;

/**
 * Reads the reply to openvpn's management command `status 2`: the clients that are connected now. What it does not
 * understand it leaves out.
 *
 * Columns are found by their titles, since versions differ in them. A user name may hold commas, which openvpn does not
 * escape: of such a line the client id is still right (it is counted from the end, which no client can write), the rest is
 * undefined.
 *
 * @throws {CloudlinkError} `ERR_CLOUDLINK_INVALID_OPTION` where it is given no text
 */
export function parseStatus2(text: string): OpenvpnClient[] {
	if (typeof text !== 'string') {
		throw new CloudlinkError(
			'ERR_CLOUDLINK_INVALID_OPTION',
			'parseStatus2 takes the text of the reply to `status 2`.',
		);
	}
	const clients: OpenvpnClient[] = [];
	let titles: readonly string[] = [];
	for (const line of text.split(/\r?\n/)) {
		const [kind, ...fields] = line.split(',');
		if (kind === 'HEADER' && fields[0] === 'CLIENT_LIST') {
			titles = fields.slice(1);
		} else if (kind === 'CLIENT_LIST' && clients.length < MOST_CLIENTS) {
			const client = readClient(fields, titles);
			if (client) {
				clients.push(client);
			}
		}
	}
	return clients;
}

function readClient(
	fields: readonly string[],
	titles: readonly string[],
): OpenvpnClient | undefined {
	const beforeEnd = titles.length - titles.indexOf('Client ID');
	const cid = fields.at(-beforeEnd);
	if (
		!titles.includes('Client ID') ||
		fields.length < titles.length ||
		cid === undefined ||
		!/^\d+$/.test(cid)
	) {
		return undefined;
	}
	const isPlain = fields.length === titles.length;
	const field = (title: string) =>
		isPlain && titles.includes(title)
			? fields[titles.indexOf(title)]
			: undefined;
	const since = Number(field('Connected Since (time_t)'));
	return {
		cid,
		commonName: field('Common Name'),
		realAddress: field('Real Address'),
		connectedSince: Number.isFinite(since) ? since : undefined,
	};
}
