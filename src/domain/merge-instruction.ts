/** What one layer says. */
export interface InstructionPart {
  systemPrompt: string;
  guidelines: readonly string[];
}

/** One text: the system prompts, a blank line between them, then all guidelines as one list that is numbered from 1. */
export function mergeInstruction(parts: readonly InstructionPart[]): string {
  const prompts = parts.map(({ systemPrompt }) => systemPrompt).filter((prompt) => prompt.trim() !== '');
  const guidelines = parts.flatMap((part) => part.guidelines);
  const list = guidelines.map((guideline, index) => `${index + 1}. ${guideline}`).join('\n');
  return [...prompts, ...(list === '' ? [] : [list])].join('\n\n');
}
