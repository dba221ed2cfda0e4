import { run } from 'micro-ts';
import { Greeter } from './greeter.service.ts';

await run(Greeter);
