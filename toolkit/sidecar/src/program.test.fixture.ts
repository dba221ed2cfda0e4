// A sidecar as a program: its configuration and options are its arguments, as JSON.
import { createSidecar } from './sidecar.ts';

const [, , config = '{}', options = '{}'] = process.argv;
const own = JSON.parse(options) as object;
const sidecar = await createSidecar(
  { address: '127.0.0.1:0', ...own },
  JSON.parse(config) as object,
);
for (const line of sidecar.lines) console.log(line);
process.once('SIGTERM', () => {
  sidecar.close().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
