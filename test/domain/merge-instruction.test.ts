import { expect, test } from '@jest/globals';
import { mergeInstruction } from '../../src/domain/merge-instruction.js';

test('the prompts come first, then the guidelines of all layers as one list', () => {
  const merged = mergeInstruction([
    { systemPrompt: 'Be kind.', guidelines: ['Greet.'] },
    { systemPrompt: ' ', guidelines: [] },
    { systemPrompt: 'You sell shoes.\nGood ones.', guidelines: ['Ask for the size.', 'Never lie.'] },
  ]);
  expect(merged).toBe(
    'Be kind.\n\nYou sell shoes.\nGood ones.\n\n1. Greet.\n2. Ask for the size.\n3. Never lie.',
  );
});

test('what says nothing is an empty text', () => {
  expect(mergeInstruction([])).toBe('');
  expect(mergeInstruction([{ systemPrompt: '', guidelines: ['Greet.'] }])).toBe('1. Greet.');
});
