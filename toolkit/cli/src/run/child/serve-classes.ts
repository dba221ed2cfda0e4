// The main of a file that holds @Service classes and no main: node serve-classes.js FILE
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

// The program is the file: its configuration is looked for from there.
process.argv.splice(1, 1);
const file = process.argv[1] ?? '';

const exported = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
const classes = new Set(
  [...Object.values(exported), ...Object.values(Object(exported['default']))].filter(isService),
);
if (classes.size === 0) {
  console.error(`${file} exports no class with @Service`);
  process.exit(1);
}
// The program's own copy: decorators and app have to be of one.
const micro = createRequire(file).resolve('micro-ts');
const { run } = (await import(pathToFileURL(micro).href)) as {
  run(services: readonly unknown[]): Promise<unknown>;
};
await run([...classes]);

/** What `@Service` leaves in a class, as the metadata of decorators has it. */
function isService(value: unknown): boolean {
  if (typeof value !== 'function') return false;
  const { metadata = Symbol.for('Symbol.metadata') } = Symbol as { metadata?: symbol };
  if (!Object.hasOwn(value, metadata)) return false;
  const recorded = Reflect.get(value, metadata) as Record<
    symbol,
    { service?: unknown } | undefined
  >;
  return recorded[Symbol.for('@micro-ts/record')]?.service !== undefined;
}
