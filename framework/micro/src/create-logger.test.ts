import { createLogger } from './create-logger.ts';

describe('createLogger', () => {
  const { MICRO_LOG_LEVEL: before } = process.env;
  let lines: string[];
  beforeEach(() => {
    lines = [];
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  });
  afterEach(() => {
    jest.restoreAllMocks();
    if (before === undefined) delete process.env['MICRO_LOG_LEVEL'];
    else process.env['MICRO_LOG_LEVEL'] = before;
  });

  it('says what the configuration wants said', async () => {
    delete process.env['MICRO_LOG_LEVEL'];
    const logger = await createLogger({ log: 'warn' }, { app: 'shop' });
    logger.info('opened');
    logger.warn('nearly empty');
    expect(lines).toEqual([expect.stringMatching(/nearly empty.*shop/)]);
  });

  it('says what the environment wants said, whatever the configuration wants', async () => {
    process.env['MICRO_LOG_LEVEL'] = 'silent';
    (await createLogger({ log: 'debug' })).error('on fire');
    expect(lines).toEqual([]);
  });
});
