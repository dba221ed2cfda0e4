import { createApp, Handler, Service } from 'micro-ts';
import type { App } from 'micro-ts';
import { Place } from '../place.test.fixture.ts';
import { checkInput } from '../commands.ts';
import type { Micro } from '../command.ts';
import { checkNode } from './checks/node-version.ts';
import type { Finding } from './finding.ts';
import { doctorCommand } from './index.ts';

@Service('patient')
class Patient {
  @Handler()
  async hello(): Promise<object> {
    return {};
  }
}

const place = new Place();
let app: App;
beforeAll(async () => (app = await createApp(place.config, [Patient])));
afterAll(async () => {
  await app.close();
  place.clear();
});

async function examine(micro: Micro, timeout = '5s') {
  const context = { micro, permissions: ['read'], signal: new AbortController().signal } as const;
  const input = checkInput(doctorCommand.input, { timeout });
  const answer = doctorCommand.run(input, context);
  if (Symbol.asyncIterator in answer) throw new Error('it answers once');
  const { data, failed } = await answer;
  const of = (name: string) => (data as readonly Finding[]).filter(({ check }) => check === name);
  return { of, failed };
}

it('examines the system of whoever asks, not one of its own', async () => {
  const { of } = await examine(app);
  expect(of('registry')).toEqual([
    expect.objectContaining({ severity: 'fine', what: expect.stringMatching(/knows 1 services$/) }),
  ]);
  expect(of('nodes')).toMatchObject([{ what: 'all 1 answer, and are well' }]);
  expect(of('broker')).toMatchObject([{ severity: 'fine' }]);
  expect(await app.list()).toEqual(['patient']);
});

it('names what fails of it, without secrets, and what hangs', async () => {
  const fail = () => Promise.reject(new Error('nats://user:secret@host refuses'));
  const [lookup, subscribe] = [app.lookup.bind(app), app.subscribe.bind(app)];
  const silent = { ...(app as Micro), lookup, subscribe, publish: fail, list: fail };
  const { of, failed } = await examine(silent, '1s');
  expect(failed).toBe(true);
  const why = 'nats://…@host refuses';
  expect(of('registry')).toMatchObject([{ severity: 'broken', what: 'does not answer', why }]);
  expect(of('broker')).toMatchObject([{ severity: 'broken', what: 'no event arrives', why }]);
  const stuck = { ...silent, list: () => new Promise<never>(() => undefined) };
  const late = await examine(stuck, '300ms');
  expect(late.of('registry')).toMatchObject([{ what: 'does not come to an end' }]);
});

it('knows which Node it needs', () => {
  const versions = ['20.18.3', '20.19.0', '21.7.0', '22.11.0', '22.12.0', '24.0.0', '18.20.0'];
  const severities = versions.map((version) => checkNode(version)[0]?.severity);
  expect(severities).toEqual(['broken', 'fine', 'broken', 'broken', 'fine', 'fine', 'broken']);
});
