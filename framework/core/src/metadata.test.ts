import { ConfigError, Logger } from '@micro-ts/interface';
import { Handler } from './handler.ts';
import { Client, ClientToken, Inject, Injectable } from './inject.ts';
import { isStandard, read } from './metadata.ts';
import type { StandardContext } from './metadata.ts';
import { Publisher } from './publisher.ts';
import { Service } from './service.ts';
import { Subscribe } from './subscribe.ts';
import { topic } from './topic.ts';
import { unchecked } from './unchecked.ts';

interface Line {
  readonly text: string;
}

const created = topic('user.created', { schema: unchecked });

@Service('greeter', { version: '1.2.0', prefix: 'Hi', metadata: { zone: 'a' } })
class Greeter {
  @Client('users') readonly users!: Client<Greeter>;

  constructor(
    @Inject(Publisher) readonly events: Publisher,
    @Client(Greeter) readonly self: Client<Greeter>,
  ) {}

  @Handler({ request: unchecked, idempotent: true, timeout: 500, name: 'Hey', http: 'GET /hey' })
  async hello(line: Line): Promise<Line> {
    return line;
  }

  @Handler({ stream: 'bidi', internal: true })
  async *chat(lines: AsyncIterable<Line>): AsyncIterable<Line> {
    yield* lines;
  }

  @Subscribe(created, { queue: 'greeter', attempts: 3 })
  @Subscribe('user.*')
  async welcome(_event: object): Promise<void> {}
}

@Service('loud')
class Loud extends Greeter {
  @Inject(Logger) readonly log!: Logger;

  override async hello({ text }: Line): Promise<Line> {
    return { text: text.toUpperCase() };
  }

  @Handler()
  async shout(line: Line): Promise<Line> {
    return line;
  }

  @Subscribe('user.deleted')
  override async welcome(_event: object): Promise<void> {}
}

class Quiet extends Greeter {}

describe('what decorators record', () => {
  const greeter = read(Greeter);
  const loud = read(Loud);

  it('has the service', () => {
    expect(greeter?.service).toEqual({
      name: 'greeter',
      version: '1.2.0',
      prefix: 'Hi',
      metadata: { zone: 'a' },
    });
    expect(loud?.service).toEqual({ name: 'loud', version: 'latest', metadata: {} });
  });

  it('has the handlers', () => {
    expect([...(greeter?.handlers.keys() ?? [])]).toEqual(['hello', 'chat']);
    expect(greeter?.handlers.get('hello')).toEqual({
      method: 'hello',
      request: unchecked,
      idempotent: true,
      timeout: 500,
      name: 'Hey',
      http: 'GET /hey',
    });
    expect(greeter?.handlers.get('chat')).toEqual({
      method: 'chat',
      stream: 'bidi',
      internal: true,
    });
  });

  it('has each subscription of a method, in the order of the source', () => {
    expect(greeter?.subscriptions.get('welcome')).toEqual([
      { method: 'welcome', topic: 'user.created', event: unchecked, queue: 'greeter', attempts: 3 },
      { method: 'welcome', topic: 'user.*' },
    ]);
  });

  it('has what to inject', () => {
    expect(greeter?.parameters.get(0)?.token).toBe(Publisher);
    expect(greeter?.parameters.get(1)?.token).toEqual(new ClientToken(Greeter));
    expect(greeter?.fields.get('users')?.token).toEqual(new ClientToken('users'));
  });

  it('keeps endpoints of the parent, also of methods that are overridden', () => {
    expect([...(loud?.handlers.keys() ?? [])]).toEqual(['hello', 'chat', 'shout']);
    expect(loud?.handlers.get('hello')).toBe(greeter?.handlers.get('hello'));
    expect([...(loud?.fields.keys() ?? [])]).toEqual(['users', 'log']);
    expect(loud?.parameters.size).toBe(0);
  });

  it('leaves the parent as it was', () => {
    expect(greeter?.handlers.has('shout')).toBe(false);
    expect(greeter?.fields.has('log')).toBe(false);
    expect(loud?.subscriptions.get('welcome')).toEqual([
      { method: 'welcome', topic: 'user.deleted' },
    ]);
    expect(greeter?.subscriptions.get('welcome')).toHaveLength(2);
  });

  it('gives a child that says nothing the handlers, not the service', () => {
    const quiet = read(Quiet);
    expect([...(quiet?.handlers.keys() ?? [])]).toEqual(['hello', 'chat']);
    expect(quiet?.service).toBeUndefined();
    expect(quiet?.injectable).toBeUndefined();
  });

  it('has nothing for other classes', () => {
    expect(read(class {})).toBeUndefined();
    expect(read(Object)).toBeUndefined();
  });

  it('works by hand, in plain JavaScript', () => {
    class Plain {
      async hi(): Promise<object> {
        return {};
      }
    }
    const decorate = Handler() as (target: object, name: string) => void;
    decorate(Plain.prototype, 'hi');
    Service('plain')(Plain);
    expect([...(read(Plain)?.handlers.keys() ?? [])]).toEqual(['hi']);
  });
});

describe('decorators in wrong places', () => {
  type Loose = (target: unknown, at: unknown, third?: unknown) => void;
  const handler = Handler() as Loose;
  const subscribe = Subscribe('a') as Loose;
  const inject = Inject(Logger) as Loose;
  const standard = (changes: Partial<StandardContext>): StandardContext => ({
    kind: 'method',
    name: 'hi',
    static: false,
    private: false,
    metadata: {},
    ...changes,
  });
  class Plain {
    static hi(): void {}
    get text(): string {
      return '';
    }
    hi(): void {}
    then(): void {}
    [Symbol.iterator](): void {}
  }
  const method = Object.getOwnPropertyDescriptor(Plain.prototype, 'hi');

  it.each<[string, () => void, RegExp]>([
    ['a field', () => handler(Plain.prototype, 'field'), /field: @Handler belongs on a method/],
    ['a getter', () => handler(Plain.prototype, 'text'), /belongs on a method/],
    ['a static method', () => handler(Plain, 'hi', method), /cannot be on a static method/],
    ['a class', () => subscribe(Plain, undefined), /@Subscribe belongs on a method/],
    ['a symbol', () => handler(Plain.prototype, Symbol.iterator), /needs a method with a name/],
    ['then', () => handler(Plain.prototype, 'then'), /Rename the method/],
    ['a standard field', () => handler(undefined, standard({ kind: 'field' })), /belongs on a/],
    ['a standard static', () => handler(Plain.hi, standard({ static: true })), /static method/],
    ['a #private', () => subscribe(Plain.hi, standard({ private: true })), /#private method/],
    ['an old compiler', () => handler(Plain.hi, standard({ metadata: undefined })), /TypeScript 5/],
    ['a method to inject', () => inject(Plain.prototype, 'hi', method), /@Inject belongs on a con/],
    ["a method's parameter", () => inject(Plain.prototype, 'hi', 0), /@Inject belongs on a con/],
    ['a static field', () => inject(Plain, 'shared'), /a field that is not static/],
    ['a method as service', () => (Service('a') as Loose)(Plain.prototype, 'hi'), /on a class/],
    [
      'a name for two',
      () => Service('two words'),
      /@Service\('two words'\): the name of a service/,
    ],
    ['a class in a cycle', () => Inject(undefined as never), /Two files import each other/],
    ['a client in a cycle', () => Client(undefined as never), /Write @Client\('name'\)/],
    [
      'a schema in a cycle',
      () => (Handler({ request: undefined as never }) as Loose)(Plain.prototype, 'hi', method),
      /request is undefined/,
    ],
    ['a topic in a cycle', () => topic('a', { schema: undefined as never }), /schema is undefined/],
    [
      'an event in a cycle',
      () => (Subscribe(undefined as never) as Loose)(Plain.prototype, 'hi', method),
      /topic is undefined/,
    ],
  ])('say so: %s', (_what, wrong, sentence) => {
    expect(wrong).toThrow(ConfigError);
    expect(wrong).toThrow(sentence);
  });

  it('tell a standard context from a name', () => {
    expect([isStandard(standard({})), isStandard('hi'), isStandard(undefined)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('mark a class as injectable', () => {
    @Injectable()
    class Mailer {}
    expect(read(Mailer)?.injectable).toBe(true);
  });
});
