import { ConfigError } from 'micro-ts';
import { loadWebSocket } from './web-socket.ts';

jest.mock('../import-package.ts', () => ({
  importPackage: (name: string) => Promise.reject(new ConfigError(name, 'is not installed')),
}));

it('says what has to be installed for web sockets', async () => {
  await expect(loadWebSocket()).rejects.toMatchObject({
    code: 'failed_precondition',
    message: '--proxy needs the package ws for this: npm install ws',
  });
});
