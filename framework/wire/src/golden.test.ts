import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Lifetime, metadata, MicroError } from '@micro-ts/interface';
import {
  callHeaders,
  decodeEndpoint,
  decodeEnvelope,
  decodeError,
  decodeRecord,
  decodeRpcRequest,
  decodeRpcResponse,
  encodeEndpoint,
  encodeEnvelope,
  encodeError,
  encodeRecord,
  encodeRpcError,
  encodeRpcRequest,
  encodeRpcResponse,
  readCallHeaders,
} from './index.ts';

const read = (file: string): string => readFileSync(join(__dirname, 'golden', file), 'utf8');
const lines = (file: string): string[] => read(file).trim().split('\n');
const worked = JSON.parse(read('worked.json')) as Record<string, string>;
const text = (name: string): string => worked[name] ?? '';
const utf8 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

/** A Go program's map has no order, and writes `null` or an empty one as it likes. */
const record = (json: string): unknown => JSON.parse(json);

describe('records of go-micro v5.30.0', () => {
  const [, greeter = '', , broker = ''] = lines('etcd-keys-and-values.txt');

  it('decodes the record in etcd', () => {
    const [node] = decodeRecord(greeter);
    expect(node).toEqual({
      id: 'greeter-11111111-2222-4333-8444-555555555555',
      service: 'greeter',
      version: '1.0.0',
      address: '127.0.0.1:18811',
      metadata: {
        broker: 'http',
        protocol: 'mucp',
        registry: 'etcd',
        server: 'mucp',
        transport: 'http',
        zone: 'a',
      },
      endpoints: [
        {
          name: 'Greeter.Hello',
          kind: 'unary',
          request: { type: 'object', title: 'Req', properties: { name: { type: 'string' } } },
          response: { type: 'object', title: 'Rsp', properties: { msg: { type: 'string' } } },
          metadata: {},
        },
        {
          name: 'Func',
          kind: 'event',
          request: { type: 'object', title: 'Event', properties: { name: { type: 'string' } } },
          metadata: { topic: 'events' },
        },
      ],
    });
  });

  it('encodes what it decoded to the same structure', () => {
    for (const each of [greeter, broker]) {
      const [node] = decodeRecord(each);
      expect(node).toBeDefined();
      if (node !== undefined) expect(record(encodeRecord(node))).toEqual(record(each));
    }
  });

  it('reads every record that crossed NATS', () => {
    const messages = lines('nats-registry.jsonl').map((line) => {
      const { data } = JSON.parse(line) as { data: string };
      const message = JSON.parse(data) as { Service?: unknown };
      return JSON.stringify(message.Service ?? message);
    });
    const nodes = messages.map((message) => decodeRecord(message));
    expect(nodes.map((each) => each.length)).toEqual([1, 1, 0, 1, 1, 1]);
    for (const [index, [node]] of nodes.entries()) {
      if (node !== undefined) {
        expect(record(encodeRecord(node))).toEqual(record(messages[index] ?? ''));
      }
    }
  });

  it('reads its http broker, with empty maps where v5 has null', () => {
    const [node] = decodeRecord(text('httpBroker'));
    expect(node).toMatchObject({ service: 'micro.http.broker', version: 'q', endpoints: [] });
    expect(node?.metadata).toEqual({ broker: 'http', secure: 'false', topic: 'events' });
  });

  it('reads the record of 2016, with its separate port', () => {
    const [node] = decodeRecord(text('node2016'));
    expect(node).toMatchObject({ address: '10.0.0.5:8080', version: '1.0.0' });
    expect(node?.metadata).toEqual({ team: 'blue', server: 'rpc' });
    expect(node?.endpoints[0]).toMatchObject({ name: 'Say.Hello', kind: 'unary' });
  });

  it('gives equal endpoints back one by one', () => {
    const { endpoints } = JSON.parse(greeter) as { endpoints: unknown[] };
    for (const each of endpoints) expect(encodeEndpoint(decodeEndpoint(each))).toEqual(each);
  });
});

describe('messages of go-micro', () => {
  it('reads an event of v5.30.0, and writes the same', () => {
    const [line = ''] = lines('nats-event.jsonl');
    const { data } = JSON.parse(line) as { data: string };
    const message = decodeEnvelope(data);
    expect(message.contentType).toBe('application/json');
    expect(message.metadata).toEqual({
      'micro-id': 'bf20c63d-6725-4409-8d76-5474d9cecc09',
      'micro-topic': 'events',
    });
    expect(utf8(message.body)).toBe('{"name":"evt"}\n');
    expect(encodeEnvelope(message)).toBe(data);
  });

  it('reads a request over NATS as headers', () => {
    const { contentType, metadata: header, body } = decodeEnvelope(text('natsRequest'));
    const call = readCallHeaders(metadata(header, { 'content-type': contentType }));
    expect(call).toEqual({
      service: 'greeter',
      endpoint: 'Say.Hello',
      contentType: 'application/json',
      metadata: {},
      timeout: 5_000,
      attempt: 1,
    });
    expect(utf8(body)).toBe('{"name":"N"}\n');
    expect(utf8(decodeEnvelope(text('natsReply')).body)).toBe('{"msg":"Hello N"}\n');
  });

  it('writes the headers of a call as go-micro does', () => {
    const headers = callHeaders({
      service: 'greeter',
      endpoint: 'Say.Hello',
      contentType: 'application/json',
      metadata: metadata({ 'X-Trace': 't1' }),
      body: new Uint8Array(),
      lifetime: new Lifetime(performance.now() + 5_000),
      attempt: 1,
    });
    expect(headers).toEqual({
      'Content-Type': 'application/json',
      'Micro-Endpoint': 'Say.Hello',
      'Micro-Id': expect.stringMatching(/^\d+$/),
      'Micro-Method': 'Say.Hello',
      'Micro-Service': 'greeter',
      Timeout: expect.stringMatching(/^(49|50)\d{8}$/),
      'x-trace': 't1',
    });
  });
});

describe('errors of go-micro', () => {
  it('reads one, and writes the same and two fields that Go ignores', () => {
    const error = decodeError(text('error'));
    expect(error).toMatchObject({ code: 'not_found', message: 'no such Bob', origin: 'greeter' });
    expect(JSON.parse(encodeError(error))).toEqual({
      ...(JSON.parse(text('error')) as object),
      name: 'not_found',
    });
  });
});

describe('envelopes of 2016', () => {
  it('reads and writes requests', () => {
    const request = { id: '0', method: 'Say.Hello', body: '{"name":"Bob"}' };
    expect(decodeRpcRequest(text('rpcRequest'))).toEqual(request);
    expect(`${encodeRpcRequest(request)}\n`).toBe(text('rpcRequest'));
  });

  it('echoes the id of a later client as the text that it is', () => {
    const { id } = decodeRpcRequest(text('rpcRequestOfLaterClient'));
    expect(encodeRpcResponse(id, '{}')).toBe('{"id":"0","result":{},"error":null}');
  });

  it('reads and writes answers', () => {
    expect(decodeRpcResponse(text('rpcReply'))).toEqual({ id: '0', body: '{"msg":"Hello Bob"}' });
    expect(`${encodeRpcResponse('0', '{"msg":"Hello Bob"}')}\n`).toBe(text('rpcReply'));
  });

  it('reads and writes errors', () => {
    const { id, error = '' } = decodeRpcResponse(text('rpcError'));
    expect(id).toBe('3');
    expect(decodeError(error)).toMatchObject({ code: 'not_found', message: 'no such Bob' });
    const later = decodeRpcResponse(text('rpcErrorOfLaterServer'));
    expect(later).toEqual({ id: '""', body: '{}', error: "rpc: can't find service Foo" });
    expect(decodeError(later.error ?? '')).toMatchObject({ code: 'unimplemented', refused: true });
    const written = decodeRpcResponse(encodeRpcError('3', new MicroError('aborted', 'x'), 'g'));
    expect(decodeError(written.error ?? '')).toMatchObject({ code: 'aborted', origin: 'g' });
  });
});
