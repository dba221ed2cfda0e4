import { Logger as NestLog } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConsoleLogger } from 'micro-ts';
import { NestLogger } from './index.ts';
import { moduleOf } from './nest.test.fixture.ts';
import { afterwards } from './users.test.fixture.ts';

type Line = Readonly<Record<string, unknown>>;

function logTo(lines: Line[]): NestLogger {
  const write = (line: string): void => void lines.push(JSON.parse(line) as Line);
  return new NestLogger(new ConsoleLogger('debug', {}, write, true));
}

describe('NestLogger', () => {
  it('writes what Nest says as lines of Micro’s log', async () => {
    const lines: Line[] = [];
    const nest = await NestFactory.createApplicationContext(moduleOf({}), { logger: logTo(lines) });
    afterwards(() => nest.close());
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 'info',
        context: 'NestFactory',
        message: 'Starting Nest application...',
      }),
    );
    lines.length = 0;
    const log = new NestLog('Cats');
    log.error(new TypeError('no cat'));
    log.error('failed', new Error('inner').stack);
    log.warn({ cat: 'Tom', password: 'hunter2' });
    log.verbose('detail', 7);
    expect(lines).toMatchObject([
      { level: 'error', message: 'no cat', context: 'Cats' },
      { level: 'error', message: 'failed', context: 'Cats' },
      { level: 'warn', data: [{ cat: 'Tom', password: '[secret]' }] },
      { level: 'debug', message: 'detail', data: [7], context: 'Cats' },
    ]);
    expect(lines[0]?.['error']).toContain('TypeError: no cat\n');
    expect(lines[1]?.['stack']).toContain('Error: inner\n');
  });
});
