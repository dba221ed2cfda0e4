// Greets somebody, in whatever language the greeter is: client.ts [name]
import { createApp } from 'micro-ts';
import type { Greeter } from './greeter.service.ts';

const app = await createApp();
const [, , name = 'John'] = process.argv;
const { message } = await app.client<Greeter>('greeter').hello({ name });
console.log(message);
await app.close();
