import { ConfigError, metadata } from '@micro-ts/interface';
import type { Endpoint, EndpointKind, Validation } from '@micro-ts/interface';
import { capitalised, prefixOf } from './endpoint-names.ts';
import type { HandlerRecord, Recorded, ServiceRecord, SubscriptionRecord } from './metadata.ts';
import { prepareSchema } from './schemas.ts';
import type { Check, Checked } from './schemas.ts';

/** One endpoint of a service class, worked out at boot: the only place where its kind and schemas are derived. */
export interface EndpointPlan {
  readonly endpoint: Endpoint;
  readonly method: string;
  /** It stands in no record. */
  readonly internal: boolean;
  readonly check: Check | undefined;
  readonly checkAnswer?: Check | undefined;
  /** Set for subscriptions. */
  readonly subscription?: SubscriptionRecord;
}

/** A service class, as data. */
export interface ServicePlan {
  readonly record: ServiceRecord;
  readonly endpoints: readonly EndpointPlan[];
}

/**
 * Reads what the decorators recorded of a class.
 * @throws ConfigError for what cannot be served, with the fix
 */
export async function describeService(
  type: { readonly name: string; readonly prototype: object },
  recorded: Recorded | undefined,
  validation: Validation | undefined,
): Promise<ServicePlan> {
  const record = recorded?.service;
  if (recorded === undefined || record === undefined)
    throw new ConfigError('services', `${type.name} has no @Service decorator`);
  const prefix = record.prefix ?? prefixOf(type.name);
  const methods = type.prototype as Record<string, unknown>;
  const endpoints: EndpointPlan[] = [];
  for (const handler of recorded.handlers.values()) {
    const where = `${type.name}.${handler.method}`;
    const request = handler.request ?? emittedRequest(type.prototype, handler.method);
    refuseUnchecked(where, methods[handler.method], request, validation);
    endpoints.push(await planHandler(where, prefix, handler, request, methods, validation));
  }
  for (const subscriptions of recorded.subscriptions.values())
    for (const subscription of subscriptions)
      endpoints.push(await planSubscription(type.name, prefix, subscription, validation));
  const { internal = false } = record;
  return { record, endpoints: internal ? endpoints.map(unlisted) : endpoints };
}

const unlisted = (plan: EndpointPlan): EndpointPlan => ({ ...plan, internal: true });

async function planHandler(
  where: string,
  prefix: string,
  handler: HandlerRecord,
  requestType: unknown,
  methods: Record<string, unknown>,
  validation: Validation | undefined,
): Promise<EndpointPlan> {
  const { method, internal = false, response } = handler;
  const request = await prepare(requestType, `${where} request`, validation);
  const answer = await prepare(response, `${where} response`, validation);
  const name = `${prefix}.${handler.name ?? capitalised(method)}`;
  const own: Record<string, string> = { ...handler.metadata };
  if (capitalised(method) !== name.slice(prefix.length + 1)) own['method'] = method;
  if (handler.idempotent === true) own['idempotent'] = 'true';
  if (handler.timeout !== undefined) own['timeout'] = String(checkTimeout(where, handler.timeout));
  if (handler.http !== undefined) own['http'] = handler.http;
  const endpoint: Endpoint = {
    name,
    kind: handler.stream ?? kindOf(methods[method]),
    metadata: metadata(own),
    ...(request?.input !== undefined && { request: request.input }),
    ...(answer?.output !== undefined && { response: answer.output }),
  };
  return { endpoint, method, internal, check: request?.check, checkAnswer: answer?.check };
}

function checkTimeout(where: string, timeout: number): number {
  if (timeout > 0) return timeout;
  throw new ConfigError(where, `its timeout is ${timeout}, and should be a number of ms above 0`);
}

async function planSubscription(
  className: string,
  prefix: string,
  subscription: SubscriptionRecord,
  validation: Validation | undefined,
): Promise<EndpointPlan> {
  const { method, topic, queue, event } = subscription;
  const schema = await prepare(event, `${className}.${method} event`, validation);
  const endpoint: Endpoint = {
    name: `${prefix}.${capitalised(method)}`,
    kind: 'event',
    metadata: metadata({ topic, ...(queue !== undefined && { queue }) }),
    ...(schema?.input !== undefined && { request: schema.input }),
  };
  return { endpoint, method, internal: false, check: schema?.check, subscription };
}

const prepare = async (
  type: unknown,
  where: string,
  validation: Validation | undefined,
): Promise<Checked | undefined> =>
  type === undefined ? undefined : prepareSchema(type, where, validation);

function kindOf(method: unknown): EndpointKind {
  const streams = typeof method === 'function' && method.constructor.name.startsWith('AsyncGen');
  return streams ? 'server' : 'unary';
}

/** The class of a bare DTO parameter, where the compiler emits decorator metadata. */
function emittedRequest(prototype: object, method: string): unknown {
  const types = (
    Reflect as { getMetadata?(key: string, target: object, property: string): unknown }
  ).getMetadata?.('design:paramtypes', prototype, method);
  const first: unknown = Array.isArray(types) ? types[0] : undefined;
  const builtIn = first === Object || first === Function || first === String || first === Array;
  if (typeof first !== 'function' || builtIn || !hasRules(first)) return undefined;
  return first;
}

interface RulesStorage {
  getTargetValidationMetadatas(type: unknown, s: string, a: boolean, b: boolean): unknown[];
}

/** Whether class-validator, if it is loaded, has rules for the class. */
function hasRules(type: unknown): boolean {
  const storage = (globalThis as { classValidatorMetadataStorage?: RulesStorage })
    .classValidatorMetadataStorage;
  return (storage?.getTargetValidationMetadatas(type, '', false, false).length ?? 0) > 0;
}

/** Validation that was silently lost is worse than none: the types say that it is there. */
function refuseUnchecked(
  where: string,
  method: unknown,
  request: unknown,
  validation: Validation | undefined,
): void {
  const takes = typeof method === 'function' && method.length > 0;
  if (request !== undefined || !takes || validation?.inUse() !== true) return;
  throw new ConfigError(
    where,
    'nothing says what its request is checked by, though this app uses class-validator',
    'Write @Handler({ request: TheClass }), or { request: unchecked } if it takes anything.',
  );
}
