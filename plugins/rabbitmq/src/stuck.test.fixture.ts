import { holdEvents } from '@micro-ts/testing';
import { rabbitmq } from './index.ts';

const [address = '', topic = '', queue = ''] = process.argv.slice(2);
void holdEvents(rabbitmq({ address }), topic, queue);
