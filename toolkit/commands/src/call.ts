import { MicroError, Raw } from 'micro-ts';
import type { Endpoint } from 'micro-ts';
import * as v from 'valibot';
import { defineCommand } from './command.ts';
import type { CommandContext } from './command.ts';
import { endpointsOf } from './find-service.ts';
import { duration, jsonWords, named, openMembers, pairs } from './inputs.ts';
import { isStream } from './is-stream.ts';
import { compactJson, indentJson, jsonProblem } from './json-text.ts';
import { didYouMean } from './nearest.ts';
import type { Output } from './output.ts';
import { messageOf, messagesOf, rawJson } from './request-body.ts';
import { endpointOf, requestMembers as open } from './request-members.ts';

const needed = 'require service and method, such as greeter Greeter.Hello';
const input = v.object(
  {
    service: named('Name of the service', needed),
    endpoint: named('Endpoint: Greeter.Hello, or hello where that is clear', needed),
    request: jsonWords('The request as JSON; - reads it from the pipe'),
    metadata: v.optional(pairs('Metadata to send, name=value; repeat it for more'), {}),
    timeout: v.optional(duration('Longest time for the call: 500ms, 2s; streams have no end')),
    address: v.optional(v.pipe(v.string(), v.description('Call the node at this host:port'))),
    fields: openMembers,
  },
  needed,
);

type Input = v.InferOutput<typeof input>;

/** Calls one endpoint, and gives what it answers, piece by piece if it streams. */
async function* call(given: Input, context: CommandContext): AsyncIterable<Output> {
  const { micro, signal } = context;
  const { service, metadata, timeout, address } = given;
  const found = await endpointOf(given, context);
  const name = found?.name ?? given.endpoint;
  const request = await requestOf(given, found, context);
  try {
    const answer = await micro.call(service, name, request, {
      raw: true,
      signal,
      ...(Object.keys(metadata).length > 0 && { metadata }),
      ...(timeout !== undefined && { timeout }),
      ...(address !== undefined && { address }),
    });
    if (isStream(answer)) for await (const each of answer) yield shown(each);
    else yield shown(answer);
  } catch (error) {
    const { code, message, details } = MicroError.from(error, 'unknown');
    const meant =
      found === undefined && code === 'unimplemented' ? await meantBy(given, context) : '';
    const text = `error calling ${service}.${name}: ${message}${meant}`;
    throw new MicroError(code, text, { cause: error, details });
  }
}

/** What was probably meant by the full name of an endpoint that the service does not have. */
async function meantBy({ service, endpoint }: Input, { micro }: CommandContext): Promise<string> {
  const nodes = await micro.lookup(service).catch(() => []);
  return didYouMean(endpoint, endpointsOf(nodes).keys());
}

async function requestOf(
  { request: words, fields }: Input,
  endpoint: Endpoint | undefined,
  context: CommandContext,
): Promise<Raw | AsyncIterable<Raw>> {
  const kind = endpoint?.kind ?? 'unary';
  if (kind === 'unary' || kind === 'server')
    return rawJson(await messageOf({ words, fields }, context, endpoint?.request));
  const texts = messagesOf({ words, fields }, context, endpoint?.request);
  return (async function* () {
    for await (const text of texts) yield rawJson(text);
  })();
}

/** An answer, of which no number has been rounded. */
function shown(answer: unknown): Output {
  const text =
    answer instanceof Raw ? new TextDecoder().decode(answer.bytes) : JSON.stringify(answer);
  if (jsonProblem(text) !== undefined) return { data: text, text };
  return { data: JSON.parse(text) as unknown, json: compactJson(text), text: indentJson(text) };
}

const positionals = ['service', 'endpoint', 'request'];

export const callCommand = defineCommand({
  name: 'call',
  aliases: ['query'],
  summary: 'Call an endpoint of a service',
  examples: [
    'call greeter Greeter.Hello --name Ann',
    `call greeter hello '{"name": "Ann"}'`,
    'call greeter hello - < request.json',
  ],
  permission: 'call',
  input,
  positionals,
  open,
  run: call,
});

export const streamCommand = defineCommand({
  name: 'stream',
  summary: 'Call a streaming endpoint; each line of the pipe is a message, if it takes a stream',
  examples: ['stream greeter Greeter.Countdown --from 3'],
  permission: 'call',
  input,
  positionals,
  open,
  run: call,
});
