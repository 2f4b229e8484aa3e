/** Where datagrams come from and go to. */
export interface Address {
	readonly address: string;
	readonly port: number;
}

export const isSame = (a: Address, b: Address): boolean =>
	a.port === b.port && a.address === b.address;
