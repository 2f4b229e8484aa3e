/** What the command line uses of commander; the build makes a CommonJS file of it (see `tsup.config.ts`). */
export {
	Argument,
	Command,
	CommanderError,
	InvalidArgumentError,
	Option,
} from 'commander';
