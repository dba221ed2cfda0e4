// A program of one service, as small as users write them: what `npm run bench -- start` starts.
import { createApp } from 'micro-ts';
import { Greeter } from './contenders/micro-greeter.mjs';

const registry = ['local', { folder: process.env.MICRO_BENCH_REGISTRY }];
const app = await createApp({ registry }, [Greeter]);
console.log(`listens on ${app.nodes[0].address}`);
