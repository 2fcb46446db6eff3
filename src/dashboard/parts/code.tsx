import type { ComponentChildren } from 'preact';
import { say } from '../said.js';

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say('good', 'Copied.');
  } catch {
    say('bad', 'This browser does not let the board copy. Select the text instead.');
  }
}

/** Text to read and to copy: a command, JSON. */
export function Code({ text, name }: { text: string; name: string }) {
  return (
    <figure class="code" aria-label={name}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <pre tabIndex={0}>{text}</pre>
      <button type="button" class="button" data-size="small" onClick={() => void copy(text)}>
        Copy<span class="unseen"> {name}</span>
      </button>
    </figure>
  );
}

export const Json = ({ value, name }: { value: unknown; name: string }) => (
  <Code name={name} text={JSON.stringify(value, null, 2)} />
);

/** A request to this server that makes the first of something, as a shell takes it. */
export function requestOf(path: string, body: unknown): string {
  const json = JSON.stringify(body, null, 2).replaceAll("'", "'\\''");
  return `curl ${window.location.origin}${path} \\\n  -H 'X-API-Key: <your key>' \\\n  -H 'Content-Type: application/json' \\\n  -d '${json}'`;
}

/** Where there is nothing yet: what belongs here, and how to begin. */
export function Empty(props: { title: string; children?: ComponentChildren; example?: string }) {
  const { title, children, example } = props;
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children === undefined ? null : <p>{children}</p>}
      {example === undefined ? null : <Code name="the example" text={example} />}
    </div>
  );
}
