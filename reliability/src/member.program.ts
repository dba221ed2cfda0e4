// One process of a scenario: what it serves and on which infrastructure comes from its environment.
import { closeOnSignal, createApp } from 'micro-ts';
import type { Config } from 'micro-ts';
import { Ledger, Listeners, Workers } from './ledger.service.ts';

const { MEMBER_CONFIG = '{}', MEMBER_SERVICES = 'Ledger' } = process.env;
const classes = { Ledger, Listeners, Workers };
const services = MEMBER_SERVICES.split(',').map((name) => classes[name as keyof typeof classes]);

process.on('unhandledRejection', (reason) => {
  process.stderr.write(`UNHANDLED ${String(reason)}\n`);
  process.exit(70);
});
const app = closeOnSignal(await createApp(JSON.parse(MEMBER_CONFIG) as Config, services));
process.stdout.write(`ready ${app.nodes[0]?.address ?? ''}\n`);
