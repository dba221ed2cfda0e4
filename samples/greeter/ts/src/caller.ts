import { createApp } from 'micro-ts';
import type { Greeter } from './greeter.service.ts';

const app = await createApp();
const greeter = app.client<Greeter>('greeter');

const { message } = await greeter.hello({ name: 'John' }, { timeout: 10_000 });
console.log(`call: ${message}`);

for await (const { n } of greeter.countdown({ from: 3 })) console.log(`stream: ${n}`);

await app.close();
