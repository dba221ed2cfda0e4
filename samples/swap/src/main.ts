import { run } from 'micro-ts';
import { Shop } from './shop.service.ts';

await run(Shop);
