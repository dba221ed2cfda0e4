import { run } from 'micro-ts';
import { Audience } from './audience.service.ts';

await run(Audience);
console.log('subscribed');
