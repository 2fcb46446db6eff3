import { useState } from 'preact/hooks';
import { explain, signIn } from '../session.js';

const given = (form: FormData, name: string) => String(form.get(name) ?? '').trim() || undefined;

/** Asks for a key; a server in development takes callers of the same machine without one. */
export function SignIn() {
  const [problem, setProblem] = useState<string>();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    try {
      await signIn({ apiKey: given(form, 'key'), token: given(form, 'token') });
    } catch (error) {
      setProblem(explain(error));
    }
  };
  return (
    <main>
      <h1>Mainspring</h1>
      <form onSubmit={(event) => void submit(event)}>
        <label>
          API key
          <input name="key" type="password" autocomplete="off" />
        </label>
        <label>
          Admin token
          <input name="token" type="password" autocomplete="off" />
        </label>
        <button type="submit">Sign in</button>
        {problem === undefined ? null : <p role="alert">{problem}</p>}
      </form>
    </main>
  );
}
