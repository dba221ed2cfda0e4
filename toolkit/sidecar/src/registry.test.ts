import {
  foreignApp,
  Greeter,
  openApp,
  openSidecar,
  post,
  until,
  world,
} from './world.test.fixture.ts';

const service = (port: number, more: object = {}): object => ({
  name: 'greeter',
  version: '1.0.0',
  nodes: [{ id: 'greeter-1', address: '127.0.0.1', port, ...more }],
});

describe('/registry', () => {
  it('registers an app that Micro then calls directly', async () => {
    const config = world();
    const { url } = await openSidecar(config);
    const app = await foreignApp();
    const answer = await post(`${url}/registry?ttl=10s`, service(app.port));
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    const caller = await openApp(config);
    const greeter = caller.client<Greeter>('greeter');
    expect(await greeter.hello({ name: 'Ann' })).toEqual({ message: 'Hej Ann' });
    await expect(greeter.hello({ name: 'nobody' })).rejects.toMatchObject({
      code: 'not_found',
      message: 'there is no nobody',
    });
    expect(app.calls[0]).toEqual({ endpoint: 'Greeter.Hello', body: '{"name":"Ann"}' });
    const gone = await fetch(`${url}/registry`, {
      method: 'DELETE',
      body: JSON.stringify(service(app.port)),
    });
    expect([gone.status, await gone.text()]).toEqual([200, '']);
    expect(await caller.lookup('greeter')).toEqual([]);
  });

  it('deregisters an app that is not well, and registers it when it is again', async () => {
    const config = world();
    const { url } = await openSidecar(config, { healthcheckInterval: 100 });
    const app = await foreignApp();
    const healthcheck = `http://localhost:${app.port}/health`;
    await post(`${url}/registry`, service(app.port, { healthcheck }));
    const caller = await openApp(config);
    const registered = async () => (await caller.lookup('greeter')).length;
    expect(await registered()).toBe(1);
    app.status = 500;
    await until('gone', async () => (await registered()) === 0);
    app.status = 200;
    await until('back', async () => (await registered()) === 1);
  });
});
