import { setTimeout } from 'node:timers/promises';
import { IsInt, IsString, Length, Max, Min } from 'class-validator';
import { Context, Handler, Inject, Publisher, Service } from 'micro-ts';
import { greeted } from './greeted.ts';

export class HelloRequest {
  @IsString()
  @Length(1, 100)
  readonly name!: string;
}

export interface HelloResponse {
  readonly message: string;
}

export class CountdownRequest {
  @IsInt()
  @Min(1)
  @Max(100)
  readonly from!: number;
}

export interface Tick {
  readonly n: number;
}

/** Its class is its contract: callers import the type of it, and nothing is generated. */
@Service('greeter', { version: '1.0.0' })
export class Greeter {
  constructor(@Inject(Publisher) private readonly events: Publisher) {}

  /** A call: one request, one response. */
  @Handler({ request: HelloRequest })
  async hello({ name }: HelloRequest): Promise<HelloResponse> {
    await this.events.publish(greeted, { name });
    return { message: `Hello ${name}` };
  }

  /** A stream: it goes as fast as the caller reads, and ends when the caller has gone. */
  @Handler({ request: CountdownRequest })
  async *countdown({ from }: CountdownRequest, { signal }: Context): AsyncIterable<Tick> {
    for (let n = from; n > 0; n--) {
      yield { n };
      await setTimeout(200, undefined, { signal });
    }
  }
}
