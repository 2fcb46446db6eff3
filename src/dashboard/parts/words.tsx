import type { ComponentChildren } from 'preact';
import { Icon } from './icon.js';

/** Text that may be cut off at its end, whichever way it is written, where there is no room: whole in its title. */
export function Clip({ text, isMono = false }: { text: string; isMono?: boolean }) {
  return (
    <span class={isMono ? 'clip mono' : 'clip'} title={text} dir="auto">
      {text}
    </span>
  );
}

/** What is not there. */
export const None = () => <span class="muted">–</span>;

/** The same where there may be none. */
export function ClipOrNone({ text, isMono = false }: { text: string | null | undefined; isMono?: boolean }) {
  return text ? <Clip text={text} isMono={isMono} /> : <None />;
}

/** The way into Temporal's own page of a run. */
export function RunLink({ run }: { run: { url: string; workflowId: string } | null | undefined }) {
  if (!run) return <None />;
  return (
    <a href={run.url} target="_blank" rel="noreferrer" title={`${run.workflowId} in the Temporal Web UI`}>
      Temporal run<span class="unseen"> {run.workflowId}, opens a new tab</span>
    </a>
  );
}

export function Panel(props: {
  title: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
  isBare?: boolean;
}) {
  const { title, aside, children, isBare = false } = props;
  return (
    <section class="panel" aria-label={title}>
      <header>
        <h2>{title}</h2>
        {aside}
      </header>
      {isBare ? children : <div class="panel-body">{children}</div>}
    </section>
  );
}

export type Fact = readonly [name: string, value: ComponentChildren];

/** Names and values, of one thing. What is undefined is left out. */
export function Facts({ facts }: { facts: readonly (Fact | undefined)[] }) {
  return (
    <dl class="facts">
      {facts.map((fact) =>
        fact === undefined ? null : (
          <>
            <dt>{fact[0]}</dt>
            <dd>{fact[1]}</dd>
          </>
        ),
      )}
    </dl>
  );
}

/** What could not be shown, in the words of the problem. */
export function Failure({ text, retry }: { text: string; retry?: () => void }) {
  return (
    <div class="failure" role="alert">
      <Icon name="warn" />
      <span>{text}</span>
      {retry ? (
        <button type="button" class="button" data-size="small" onClick={retry}>
          Try again
        </button>
      ) : null}
    </div>
  );
}
