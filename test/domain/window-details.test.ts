import { expect, test } from '@jest/globals';
import { windowDetails } from '../../src/domain/window-details.js';

test('a name cannot bring markup or a link into the Web UI', () => {
  const name = '| [x](javascript:alert(1)) <img src=x> `';
  const next = [{ id: 'a', name, fireAt: '2030-01-31T09:00:00.000Z' }];
  const details = windowDetails(
    { orgId: 'demo', startsAt: '2030-01-31T09:00:00.000Z' },
    { phase: 'armed', counts: { scheduled: 1 }, next },
  );
  expect(details).toContain('1 scheduled');
  expect(details.split('\n').at(-1)).not.toMatch(/[<>[\]()`]{1}[^`]*javascript|<img|\]\(/);
});
