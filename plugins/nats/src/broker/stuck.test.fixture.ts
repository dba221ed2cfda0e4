import { holdEvents } from '@micro-ts/testing';
import nats from '../index.ts';

const [servers = '', topic = '', queue = ''] = process.argv.slice(2);
void holdEvents(nats({ servers }), topic, queue);
