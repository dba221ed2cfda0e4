import { directoryOf, endpoint } from './directory.test.fixture.ts';
import { liveDocument } from './live-document.ts';

describe('the document of many services', () => {
  it('is not written for every change, and in the end has all of them', () => {
    let now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    let reads = 0;
    const request = { description: 'x'.repeat(600_000) };
    let current = directoryOf({ a: [endpoint('A.One', { request })] });
    const directory = {
      get version() {
        return current.version;
      },
      services: () => {
        reads++;
        now += 100; // so long does it take
        return current.services();
      },
    };
    const document = liveDocument(directory);
    const first = document();
    current = directoryOf({ a: [endpoint('A.Two', { request })] }, 2);
    now = 1_900;
    expect(document()).toBe(first);
    now = 2_100;
    expect(document().bytes.toString()).toContain('/a/two');
    now = 10_000;
    document();
    expect(reads).toBe(2);
    jest.restoreAllMocks();
  });
});
