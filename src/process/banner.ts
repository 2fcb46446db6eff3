import type { Config } from '../config.js';

/** What is where, for the person who started it. */
export interface Welcome {
  apiUrl?: string | undefined;
  /** Further lines, such as the demo key and an admin token. */
  facts?: readonly (readonly [label: string, value: string])[] | undefined;
  temporalAddress: string;
  isEmbedded: boolean;
}

export function banner(
  config: Pick<Config, 'temporalUiUrl'>,
  { apiUrl, facts, temporalAddress, isEmbedded }: Welcome,
): string {
  const lines = [
    ...(apiUrl === undefined
      ? []
      : [
          ['API', apiUrl],
          ['Board', `${apiUrl}/dashboard`],
          ['API page', `${apiUrl}/api-docs`],
        ]),
    ['Temporal', temporalAddress],
    ['Temporal Web UI', config.temporalUiUrl],
    ...(facts ?? []),
  ];
  const width = Math.max(...lines.map(([label = '']) => label.length));
  const note = isEmbedded
    ? '\n  The embedded database survives kill -9, not a power cut: set DATABASE_URL for production.\n'
    : '';
  return `\n  Mainspring runs.\n\n${lines.map(([label = '', value]) => `  ${label.padEnd(width)}  ${value}`).join('\n')}\n${note}\n`;
}
