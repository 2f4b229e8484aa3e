import { once } from 'node:events';
import { expect } from 'chai';

import { LocalService, closedPort } from '../../support/local-services.js';
import { statusOf } from '../../support/native-node.js';
import {
	UUID,
	tunnelPair,
	type TunnelPair,
} from '../../support/tunnel-pair.js';

describe('A stream through the tunnel', () => {
	let pair: TunnelPair | undefined;
	let service: LocalService | undefined;

	afterEach(async () => {
		await pair?.stop();
		await service?.stop();
	});

	const target = () => `${UUID}.balena:${service!.port}`;

	it('reaches a configured service, and bytes pass both ways', async () => {
		service = await LocalService.start((socket) => socket.pipe(socket));
		pair = await tunnelPair([service.port]);
		const stream = pair.link.open(target());
		expect(await statusOf(stream)).to.equal(200);
		stream.write('ping');
		expect(String((await once(stream, 'data'))[0])).to.equal('ping');
		stream.end('rest');
		expect(String((await once(stream, 'data'))[0])).to.equal('rest');
		await once(stream, 'end');
	});

	it('is answered 502 when nothing listens on the port', async () => {
		const port = await closedPort();
		service = await LocalService.start();
		pair = await tunnelPair([port]);
		const stream = pair.link.open(`${UUID}.balena:${port}`);
		expect(await statusOf(stream)).to.equal(502);
		await once(stream, 'close');
		expect(stream.rstCode).to.equal(0);
	});
});
