import { Lines } from './lines.ts';

function collect(...chunks: readonly (string | Buffer)[]): string[] {
  const shown: string[] = [];
  const lines = new Lines((line) => shown.push(line));
  for (const chunk of chunks) lines.add(Buffer.from(chunk));
  lines.flush();
  return shown;
}

describe('Lines', () => {
  it('puts pieces together, characters too', () => {
    const bytes = Buffer.from('für\r\ndich\n');
    expect(collect(bytes.subarray(0, 2), bytes.subarray(2))).toEqual(['für', 'dich']);
    expect(collect('a', 'b\n', '\nc')).toEqual(['ab', '', 'c']);
  });

  it('shows what waits for its end too long', async () => {
    const shown: string[] = [];
    new Lines((line) => shown.push(line)).add(Buffer.from('password: '));
    expect(shown).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(shown).toEqual(['password: ']);
  });

  it('holds no more than a line may have', () => {
    const shown = collect('x'.repeat(40_000), 'x'.repeat(10_000), '\n');
    expect(shown.join('')).toHaveLength(50_000);
    expect(Math.max(...shown.map(({ length }) => length))).toBeLessThanOrEqual(16_384);
  });
});
