import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DEMO_KEY, startTestApi, type TestApi } from '../support/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ env: { CORS_ORIGINS: 'https://app.example.com' } });
});
afterAll(() => api.close());

const key = DEMO_KEY;

/** What a client that knows no HTTP library would send. */
function sendRaw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(api.api.port, '127.0.0.1', () => socket.end(text));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('end', () => resolve(answer)).on('error', reject);
  });
}

describe('paths and methods', () => {
  test('an unknown path is a 404 problem, also without a credential', async () => {
    const answer = await api.send('/nothing/here');
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.problem()).toMatchObject({ code: 'not_found', status: 404, instance: '/nothing/here' });
  });

  test('a method that a path does not have is a 405 with the ones that it has', async () => {
    const answer = await api.send('/timers', { method: 'DELETE', key });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST, GET, HEAD, OPTIONS');
    expect(answer.problem().code).toBe('method_not_allowed');
  });

  test('OPTIONS tells the methods', async () => {
    const answer = await api.send('/timers', { method: 'OPTIONS' });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('allow')).toBe('POST, GET, HEAD, OPTIONS');
  });

  test('HEAD answers as GET does, without a body', async () => {
    const answer = await api.send('/deliveries', { method: 'HEAD', key });
    expect(answer.status).toBe(200);
    expect(Number(answer.headers.get('content-length'))).toBeGreaterThan(0);
    expect(answer.text).toBe('');
  });

  test.each([
    '/deliveries/%',
    '/deliveries/%zz',
    '/deliveries/%ff',
    '/deliveries/%00',
    '/deliveries/%20',
    '/timers//',
  ])('%s is refused as a path', async (path) => {
    const answer = await api.send(path, { key });
    expect([400, 404]).toContain(answer.status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  test('a fixed word in a path goes before a parameter', async () => {
    const answer = await api.send('/deliveries/redeliver', { key, body: {} });
    expect(answer.problem().errors?.map(({ path }) => path)).toEqual(['status', 'since']);
  });
});

describe('what every answer carries', () => {
  test("the caller's own request id, or a new one where it could do harm", async () => {
    const own = await api.send('/livez', { headers: { 'x-request-id': 'trace-42.a:b' } });
    expect(own.headers.get('x-request-id')).toBe('trace-42.a:b');
    for (const harmful of ['a b', 'x'.repeat(129), '"<script>']) {
      const made = await api.send('/livez', { headers: { 'x-request-id': harmful } });
      expect(made.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  test('headers that keep browsers from running or framing it, failures included', async () => {
    for (const path of ['/livez', '/nothing']) {
      const { headers } = await api.send(path);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-powered-by')).toBeNull();
    }
  });

  test('leave to read it, for pages of the configured origins only', async () => {
    const listed = await api.send('/nothing', { headers: { origin: 'https://app.example.com' } });
    expect(listed.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
    const other = await api.send('/nothing', { headers: { origin: 'https://evil.example.com' } });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('a preflight of a configured origin is answered', async () => {
    const answer = await api.send('/timers', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example.com',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-api-key,content-type',
      },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-headers')).toBe('x-api-key,content-type');
  });
});

describe('what is not HTTP', () => {
  test.each([
    ['nonsense', 'hello\r\n\r\n'],
    ['headers larger than 16 KB', `GET /livez HTTP/1.1\r\nHost: a\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['a request without Host', 'GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['two lengths', 'POST /timers HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}'],
  ])('%s is a 400 problem', async (_, text) => {
    const answer = await sendRaw(text);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('application/problem+json');
    expect(answer).toContain('"code":"malformed_request"');
    expect(answer).toMatch(/^x-request-id: \S+/im);
  });

  test('an expectation that nobody knows is no reason to refuse', async () => {
    const answer = await sendRaw(
      'GET /livez HTTP/1.1\r\nHost: a\r\nExpect: more\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('a request for a strange target is answered, never broken off', async () => {
    for (const target of [
      '*',
      '//',
      '/../../etc/passwd',
      'http://other.example/livez',
      'http://[::1/livez',
      'http://other.example:99999999/livez',
      '/%2e%2e/',
      '/livez?%',
    ]) {
      const answer = await sendRaw(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 (?:200|400|404|422) /);
    }
  });
});
