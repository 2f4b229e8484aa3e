import type { MethodDefinition } from '@grpc/grpc-js';

const asIs = (bytes: Buffer) => bytes;

/** A call that both sides hold open, and on which nothing is said. */
export const holdMethod: MethodDefinition<Buffer, Buffer> = {
	path: '/herd/Hold',
	requestStream: true,
	responseStream: true,
	requestSerialize: asIs,
	requestDeserialize: asIs,
	responseSerialize: asIs,
	responseDeserialize: asIs,
};
