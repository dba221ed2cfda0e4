import { fstatSync } from 'node:fs';

/** What is piped in: of a pipe or a file. A terminal and `/dev/null` bring nothing. */
export function pipeOf(from: NodeJS.ReadStream): AsyncIterable<string> | undefined {
  try {
    const stat = fstatSync(0);
    if (!stat.isFIFO() && !stat.isFile() && !stat.isSocket()) return undefined;
  } catch {
    return undefined;
  }
  return {
    async *[Symbol.asyncIterator]() {
      for await (const part of from.setEncoding('utf8')) yield String(part);
    },
  };
}
