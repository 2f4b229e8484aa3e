import { readFileSync } from 'node:fs';

import { expect } from 'chai';

import { NO_ADDRESSES } from '../../../src/cli/demo/openvpn/configuration.js';
import type { OpenvpnServer } from '../../../src/cli/demo/openvpn/server.js';
import type { Hint } from '../../../src/hint.js';
import { openvpn } from '../../../src/transports/openvpn/index.js';
import {
	NO_TUN,
	dialOf,
	needsOpenvpn,
	outcomeOf,
	startServer,
	watchLeftovers,
} from '../../support/openvpn-server.js';
import { until } from '../../support/until.js';

const PAGE = readFileSync(
	new URL('../../../docs/operating-openvpn.md', import.meta.url),
	'utf8',
);

/** A block of the page, and what it says that a device makes of it. */
interface Claim {
	readonly language: string;
	readonly text: string;
	readonly code: string;
	readonly hint: Hint | undefined;
	readonly when: string;
}

const BLOCK =
	/^```(\w*)\n([^`]*)\n```\n\nThe device: `([\w-]+)`(?:, hint `(.*)`)?(.*)\.$/gm;

const claims: Claim[] = [...PAGE.matchAll(BLOCK)].map(
	([, language, text, code, hint, when]) => ({
		language: language!,
		text: text!,
		code: code!,
		hint: hint === undefined ? undefined : (JSON.parse(hint) as Hint),
		when: when!,
	}),
);

describe('docs/operating-openvpn.md', function () {
	this.timeout(60_000);
	before(function () {
		needsOpenvpn(this);
	});
	watchLeftovers();

	it('says of every block what a device makes of it', () => {
		const blocks = PAGE.match(/^```(?!ts$)\w+$/gm) ?? [];
		expect(claims).to.have.length(blocks.length);
		expect(claims).to.have.length.greaterThan(5);
	});

	/** A server and a device; the login is answered by `answer`, else it is let in. */
	async function meet(
		protocol: 'tcp' | 'udp',
		directives: readonly string[],
		answer?: (server: OpenvpnServer) => Promise<void>,
	) {
		const server = await startServer({
			protocol,
			directives: [...NO_ADDRESSES, ...directives],
			authenticate: () => (answer ? 'never' : { accept: [] }),
		});
		const transport = openvpn({
			protocol,
			ca: server.ca,
			directives: NO_TUN,
		});
		const dial = transport.dial(dialOf(server.port));
		if (answer) {
			await until(() => server.logins.length === 1);
			await answer(server);
		}
		return { server, dial };
	}

	async function hear(dial: ReturnType<typeof meet>): Promise<Hint> {
		const link = await (await dial).dial;
		let heard: Hint = {};
		link.listen({
			onHint: (hint) => {
				heard = { ...heard, ...hint };
			},
			onDrain: () => undefined,
		});
		await link.close(0);
		return heard;
	}

	/** Types a command, with the numbers of the only client. */
	const type = (text: string) => async (server: OpenvpnServer) => {
		const { cid, kid } = server.logins[0]!;
		const reply = await server.command(
			text.replaceAll('CID', cid).replaceAll('KID', kid),
		);
		expect(reply.ok, reply.lines.join()).to.equal(true);
	};

	for (const { language, text, code, hint, when } of claims) {
		const title = text.replaceAll('\n', ' / ');
		if (code === 'connected') {
			it(`is right about ${title}`, async () => {
				expect(
					await hear(
						language === 'conf'
							? meet('tcp', [text])
							: meet('tcp', [], type(text)),
					),
				).to.deep.equal(hint);
			});
		} else if (language === 'conf') {
			it(`is right about ${title}`, async () => {
				expect(when).to.equal(' when the server stops, over UDP');
				const { server, dial } = await meet('udp', [text]);
				const link = await dial;
				await until(() => server.cidOf('uuid1') !== undefined);
				await server.stop();
				expect((await link.ended).code).to.equal(code);
			});
		} else if (text.startsWith('client-deny')) {
			it(`is right about ${title}`, async () => {
				const { dial } = await meet('tcp', [], type(text));
				const ended = await outcomeOf(dial);
				expect(ended.code).to.equal(code);
				expect(ended.hint).to.deep.equal(hint);
			});
		} else {
			it(`is right about ${title}`, async () => {
				const { server, dial } = await meet('tcp', []);
				const link = await dial;
				await until(() => server.cidOf('uuid1') !== undefined);
				await type(text)(server);
				const ended = await link.ended;
				expect(ended.code).to.equal(code);
				expect(ended.hint).to.deep.equal(hint);
			});
		}
	}
});
