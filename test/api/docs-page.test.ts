import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../support/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

test('the page needs nothing inline and nothing from elsewhere', async () => {
  const page = await api.send('/api-docs');
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const policy = page.headers.get('content-security-policy');
  expect(policy).toContain("default-src 'self'");
  expect(policy).not.toContain('unsafe');
  expect(page.text).not.toMatch(/https?:/);
  expect(page.text).not.toMatch(/<script>|<style|\bon\w+=/);
});

test('all that the page loads is served here, scripts as UTF-8', async () => {
  const page = await api.send('/api-docs');
  const files = [...page.text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, file = '']) => file);
  expect(files).toHaveLength(3);
  for (const file of files) {
    const answer = await api.send(file);
    expect(answer.status).toBe(200);
    const type = file.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8';
    expect(answer.headers.get('content-type')).toBe(type);
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    expect(answer.text.length).toBeGreaterThan(50);
  }
});

test('no other file can be had', async () => {
  for (const file of ['package.json', '..%2fpackage.json', 'index.html']) {
    expect((await api.send(`/api-docs/${file}`)).status).toBe(404);
  }
});

test('the document is served as it is written', async () => {
  const document = (await api.send('/openapi.json')).json<{ openapi: string; paths: object }>();
  expect(document.openapi).toBe('3.1.1');
  expect(Object.keys(document.paths)).toContain('/timers/{id}');
});
