/**
 * What a value from outside must be: options, config.json, the state file. The words are valibot's, and the meaning too, as far as
 * they go; it is not valibot because the supervisor links this in and pays for every byte, and this has a fifth of them.
 */
export * from './schema/combine.js';
export * from './schema/containers.js';
export * from './schema/parse.js';
export type {
	InferInput,
	InferOutput,
	Issue,
	ObjectSchema,
	Schema,
} from './schema/types.js';
export * from './schema/values.js';
