import { defineCommand, topCommand } from '@micro-ts/commands';
import { isOnTerminal } from '../terminal-command.ts';

/** `micro top`: on a terminal the figures renew themselves; elsewhere it answers as for everybody. */
export const liveTopCommand = defineCommand({
  ...topCommand,
  async *run(input, context) {
    const terminal = isOnTerminal(context) ? context.terminal : undefined;
    if (terminal?.format === 'text' && terminal.out.isTTY && terminal.in.isTTY) {
      const { showTop } = await import('./live-top.ts');
      await showTop(input, context, terminal);
      return;
    }
    const answer = topCommand.run(input, context);
    if (Symbol.asyncIterator in answer) yield* answer;
    else yield await answer;
  },
});
