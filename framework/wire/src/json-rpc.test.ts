import {
  decodeRpcRequest,
  decodeRpcResponse,
  encodeRpcRequest,
  encodeRpcResponse,
} from './index.ts';

describe('a JSON-RPC envelope', () => {
  it('rounds no number, in the value and in the id', () => {
    const request = {
      id: '18446744073709551615',
      method: 'A.B',
      body: '{"n":12345678901234567890}',
    };
    expect(decodeRpcRequest(encodeRpcRequest(request))).toEqual(request);
    expect(decodeRpcResponse(encodeRpcResponse(request.id, request.body))).toEqual({
      id: request.id,
      body: request.body,
    });
  });

  it('is read whatever its order, blanks and brackets in texts', () => {
    const text =
      ' {\n"id" : "a\\"}]" ,"params":[ {"x":"]}\\\\","y":[1,{"z":[]}]} , 2 ] , "method":"A.B" }';
    expect(decodeRpcRequest(text)).toEqual({
      id: '"a\\"}]"',
      method: 'A.B',
      body: '{"x":"]}\\\\","y":[1,{"z":[]}]}',
    });
  });

  it('has a value even if there is none', () => {
    for (const text of ['{"method":"A.B"}', '{"method":"A.B","params":null}']) {
      expect(decodeRpcRequest(text)).toEqual({ id: 'null', method: 'A.B', body: '{}' });
    }
    expect(decodeRpcRequest('{"method":"A.B","params":[]}').body).toBe('{}');
    expect(encodeRpcRequest({ id: '1', method: 'A.B', body: '' })).toContain('[{}]');
    expect(decodeRpcResponse('{"id":1,"result":null}')).toEqual({ id: '1', body: '{}' });
  });

  it('tells the end of a stream', () => {
    expect(decodeRpcResponse('{"id":1,"result":{},"error":"EOS"}').error).toBe('EOS');
  });

  it.each([
    'secret',
    '[]',
    '{"params":["secret"]}',
    '{"method":5}',
    '{"method":"secret","params":{}}',
    '{"method":"secret","params":"secret"}',
    '{"method":"secret","id":{}}',
    `{"method":"secret","id":"${'x'.repeat(100)}"}`,
  ])('refuses %j, quoting none of it', (text) => {
    expect(() => decodeRpcRequest(text)).toThrow(
      expect.objectContaining({
        code: 'invalid_argument',
        message: expect.not.stringMatching(/secret/),
      }),
    );
  });
});
