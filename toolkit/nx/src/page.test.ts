import { optionsOf, page } from './page.test.fixture.ts';

describe('docs/toolkit/nx.md', () => {
  it.each(['init', 'service'])('lists the options of %s as its schema has them', (generator) => {
    const after = page.split(`<!-- options ${generator} -->\n\n`)[1] ?? '';
    expect(after.split('\n\n')[0]).toBe(optionsOf(generator));
  });
});
