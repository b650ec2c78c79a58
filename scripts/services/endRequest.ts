/** Signals that ask a foreground program to end. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs the handler once when this process is asked to end: by Ctrl-C or another signal, or because the launcher that
 * started it is gone. Answers a function that stops listening.
 */
export function onEndRequest(handler: (why: NodeJS.Signals | 'launcher gone') => void): () => void {
  let asked = false;
  const once = (why: NodeJS.Signals | 'launcher gone') => {
    if (!asked) handler(why);
    asked = true;
  };
  const launcherGone = () => once('launcher gone');
  for (const signal of SIGNALS) process.on(signal, once);
  process.once('disconnect', launcherGone);
  // the channel is there to notice the launcher's end, not to keep this process alive
  process.channel?.unref();
  return () => {
    for (const signal of SIGNALS) process.off(signal, once);
    process.off('disconnect', launcherGone);
  };
}
