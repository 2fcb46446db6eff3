import { SignIn } from './pages/sign-in.js';
import { Timers } from './pages/timers.js';
import { hrefOf, place } from './place.js';
import { client, signOut } from './session.js';

const PAGES = [{ page: 'timers', title: 'Timers', Content: Timers }] as const;

/** The board: a page and the way to the others. */
export function App() {
  if (!client.value) return <SignIn />;
  const { page } = place.value;
  const { Content, title } = PAGES.find((one) => one.page === page) ?? PAGES[0];
  return (
    <>
      <header>
        <nav aria-label="Pages">
          {PAGES.map((one) => (
            <a key={one.page} href={hrefOf(one.page)} aria-current={one.title === title ? 'page' : undefined}>
              {one.title}
            </a>
          ))}
        </nav>
        <button type="button" onClick={signOut}>
          Sign out
        </button>
      </header>
      <main>
        <h1>{title}</h1>
        <Content />
      </main>
    </>
  );
}
