/** Whoever reads has seen enough (`| head`): what is said to nobody ends the command, without a word. */
export function endUnread(error: Error): void {
  if (!('code' in error) || error.code !== 'EPIPE') throw error;
  process.exit();
}
