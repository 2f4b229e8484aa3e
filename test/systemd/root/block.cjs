// Blocks the event loop for good on SIGUSR2, as a bug would.
process.on('SIGUSR2', () => {
	for (;;);
});
