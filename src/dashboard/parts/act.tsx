import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { MainspringClient } from '../../client/index.js';
import { say } from '../said.js';
import { client, explain, heed } from '../session.js';

export interface ActProps {
  /** What the button says. */
  name: string;
  /** What it is done to, for those who hear the button's name without its row. */
  of?: string | undefined;
  /** Does it; answers what came of it. `form` holds what was filled in where `ask` has fields. */
  run: (client: MainspringClient, form: FormData) => Promise<string>;
  /** Asked first: what cannot be taken back, and what needs an answer. */
  ask?: { title: string; body: ComponentChildren; confirm: string } | undefined;
  /** Called when it is done, so that what is shown is read again. */
  onDone?: (() => void) | undefined;
  tone?: 'main' | 'danger' | undefined;
  size?: 'small' | undefined;
}

/** What the buttons of one thing have in common. */
export type Shape = Pick<ActProps, 'size' | 'onDone'>;

function Question(props: ActProps & { ask: NonNullable<ActProps['ask']>; onClose(): void }) {
  const { ask, tone, onClose } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    const { isDone, text } = await perform(props, new FormData(event.currentTarget as HTMLFormElement));
    setBusy(false);
    setProblem(isDone ? undefined : text);
    if (!isDone) return;
    say('good', text);
    dialog.current?.close();
  };
  return (
    <dialog ref={dialog} onClose={onClose} aria-label={ask.title}>
      <form onSubmit={(event) => void submit(event)}>
        <h2>{ask.title}</h2>
        {ask.body}
        {problem === undefined ? null : (
          <p class="failure" role="alert">
            {problem}
          </p>
        )}
        <div class="buttons">
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            Back
          </button>
          <button type="submit" class="button" data-tone={tone ?? 'main'} disabled={isBusy}>
            {ask.confirm}
          </button>
        </div>
      </form>
    </dialog>
  );
}

/** Runs what was asked for; a failure comes as the problem's own words. */
async function perform(
  { run, onDone }: ActProps,
  form: FormData,
): Promise<{ isDone: boolean; text: string }> {
  const caller = client.peek();
  if (!caller) return { isDone: false, text: 'You are signed out.' };
  try {
    const text = await run(caller, form);
    onDone?.();
    return { isDone: true, text };
  } catch (error) {
    heed(error);
    return { isDone: false, text: explain(error) };
  }
}

let lastFocused: EventTarget | null = null;
document.addEventListener('focusin', ({ target }) => {
  lastFocused = target;
});

/** A button that does something, asks first where `ask` says so, and tells what came of it. */
export function Act(props: ActProps) {
  const { name, of, ask, tone, size } = props;
  const [isAsking, setAsking] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const element = button.current;
    // What was done may take its button away: whoever works by keyboard goes on from the head of the page.
    return () => {
      if (element === lastFocused && document.activeElement === document.body)
        document.querySelector('h1')?.focus({ preventScroll: true });
    };
  }, []);
  const go = async () => {
    setBusy(true);
    const { isDone, text } = await perform(props, new FormData());
    say(isDone ? 'good' : 'bad', text);
    setBusy(false);
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        class="button"
        data-tone={tone}
        data-size={size}
        aria-disabled={isBusy}
        onClick={() => (isBusy ? undefined : ask ? setAsking(true) : void go())}
      >
        {name}
        {of === undefined ? null : <span class="unseen"> {of}</span>}
      </button>
      {ask && isAsking ? <Question {...props} ask={ask} onClose={() => setAsking(false)} /> : null}
    </>
  );
}
