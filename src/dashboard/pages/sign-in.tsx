import { useEffect, useState } from 'preact/hooks';
import { filled } from '../form.js';
import { Sign } from '../parts/sign.js';
import { Failure } from '../parts/words.js';
import { type Credentials, explain, isKeyNeeded, signedOutBecause, signIn } from '../session.js';

function Field(props: { name: string; label: string; hint: string }) {
  const { name, label, hint } = props;
  return (
    <label>
      <span class="label">{label}</span>
      <input
        name={name}
        type="password"
        autocomplete="off"
        spellcheck={false}
        aria-describedby={`${name}-hint`}
      />
      <small id={`${name}-hint`}>{hint}</small>
    </label>
  );
}

const NO_CREDENTIALS = { apiKey: undefined, token: undefined };

function WithoutKey(props: { isBusy: boolean; enter(offered: Credentials): Promise<void> }) {
  const { isBusy, enter } = props;
  return (
    <button type="button" class="button" disabled={isBusy} onClick={() => void enter(NO_CREDENTIALS)}>
      Continue without a key
    </button>
  );
}

function Fields() {
  return (
    <>
      <Field name="key" label="API key" hint="mnt_…, as npm run keys makes one" />
      <Field
        name="token"
        label="Admin token (optional)"
        hint="For suspending agents and reading their logs; npm run token makes one"
      />
    </>
  );
}

/** Whether this server takes callers without a key; false until that is known. */
function useIsOpen(): boolean {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    document.title = 'Sign in · Mainspring';
    void isKeyNeeded().then((is) => setOpen(!is));
  }, []);
  return isOpen;
}

/** Asks for a key; a server in development takes callers of the same machine without one. */
export function SignIn() {
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const isOpen = useIsOpen();
  const enter = async (offered: Credentials) => {
    setBusy(true);
    await signIn(offered).catch((error: unknown) => {
      setProblem(explain(error));
      setBusy(false);
    });
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const offered = { apiKey: filled(form, 'key'), token: filled(form, 'token') };
    if (offered.apiKey === undefined && offered.token === undefined && !isOpen)
      return setProblem('Enter an API key.');
    void enter(offered);
  };
  const why = problem ?? signedOutBecause.value;
  return (
    <main class="sign-in">
      <form class="panel" onSubmit={submit}>
        <h1>
          <Sign />
          Mainspring
        </h1>
        <p class="muted">Sign in with a key of your organisation. It is kept for this tab only.</p>
        {why === undefined ? null : <Failure text={why} />}
        <Fields />
        <button type="submit" class="button" data-tone="main" disabled={isBusy}>
          Sign in
        </button>
        {isOpen ? <WithoutKey isBusy={isBusy} enter={enter} /> : null}
      </form>
    </main>
  );
}
