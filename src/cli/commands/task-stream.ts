import type { Event } from '../../client/index.js';
import { jsonText, manyLines, oneLine } from '../plain-text.js';
import type { Session } from '../session.js';
import { asJson } from '../view.js';
import { requireCompleted } from './end-of-task.js';

const worded = ({ at, type, data }: Event) => `${at}  ${type}  ${oneLine(asJson(data) ?? '')}`;

/**
 * Prints what happens to a task until it has ended: as JSON a line each, else its events and what its model says, or its id
 * alone.
 */
export async function followTask(
  { client, print }: Session,
  options: { json?: boolean; quiet?: boolean },
  id: string,
): Promise<void> {
  const { screen } = print;
  let isMidLine = false;
  const line = (text: string) => {
    screen.write(`${isMidLine ? '\n' : ''}${text}\n`);
    isMidLine = false;
  };
  let wasHeard = false;
  for await (const message of client.tasks.stream(id)) {
    if (options.quiet) continue;
    if (options.json) line(jsonText(message));
    else if (message.kind === 'event') line(screen.paint('dim', worded(message.event)));
    else if (message.kind === 'text') {
      screen.write(manyLines(message.text));
      [isMidLine, wasHeard] = [!message.text.endsWith('\n'), true];
    } else {
      // The whole of what was heard piece by piece: said only to who came later.
      if (!wasHeard) line(manyLines(message.text));
      wasHeard = false;
    }
  }
  if (options.quiet) line(oneLine(id));
  requireCompleted(await client.tasks.get(id));
}
