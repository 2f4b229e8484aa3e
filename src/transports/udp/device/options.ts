import { checkOptions } from '../../../options.js';
import * as v from '../../../schema.js';
import {
	nativeOptions,
	type WebsocketOptions,
} from '../../websocket/options.js';

/** As those of `websocket()`, without what is particular to TCP. */
export type UdpOptions = Omit<WebsocketOptions, 'insecure' | 'proxy'>;

/** docs/configuration.md is tested against it. */
export const udpSchema = v.strictObject(nativeOptions);

export function checkUdpOptions(options: UdpOptions): void {
	checkOptions(udpSchema, options, 'udp()');
}
