import { OPENVPN } from './openvpn/traits.js';
import { UDP } from './udp/traits.js';
import { WEBSOCKET } from './websocket/traits.js';

/**
 * The transports that come with the package, in the order in which they are preferred: what a node must speak for each, and
 * what carries it. The one list of their names; it loads nothing of them.
 */
export const SHIPPED = [WEBSOCKET, UDP, OPENVPN.tcp, OPENVPN.udp] as const;

export type Shipped = (typeof SHIPPED)[number];
export type ShippedName = Shipped['name'];

/** Those that nodes of one kind understand, by name. */
export const namesOf = (speaks: Shipped['speaks']): readonly ShippedName[] =>
	SHIPPED.filter((one) => one.speaks === speaks).map(({ name }) => name);

export const shipped = (name: ShippedName): Shipped =>
	SHIPPED.find((one) => one.name === name)!;
