import { useEffect, useState } from 'preact/hooks';
import { SignIn } from './pages/sign-in.js';
import { PAGES } from './pages.js';
import { Banner } from './parts/banner.js';
import { Empty } from './parts/code.js';
import { Icon } from './parts/icon.js';
import { PageHead } from './parts/page-head.js';
import { Sign } from './parts/sign.js';
import { Toasts } from './parts/toasts.js';
import { hrefOf, place } from './place.js';
import { client, isAdmin, isLimited, signOut } from './session.js';

function SideEnd() {
  return (
    <div class="side-end">
      <span class="muted">{isAdmin.value ? 'Key and admin token' : 'API key'}</span>
      <a href="/api-docs">API page</a>
      <button type="button" class="button" data-size="small" onClick={signOut}>
        Sign out
      </button>
    </div>
  );
}

function Side({ current }: { current: string }) {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => setOpen(false), [place.value]);
  return (
    <header class="side" data-open={isOpen}>
      <a class="brand" href={hrefOf('overview')}>
        <Sign />
        Mainspring
      </a>
      <button
        type="button"
        class="button menu-button"
        aria-expanded={isOpen}
        aria-controls="pages"
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="menu" />
        Menu
      </button>
      <nav id="pages" aria-label="Pages">
        <ul>
          {PAGES.map(({ page, title, icon }) => (
            <li key={page}>
              <a href={hrefOf(page)} aria-current={page === current ? 'page' : undefined}>
                <Icon name={icon} />
                {title}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <SideEnd />
    </header>
  );
}

/** A page of the whole organisation, to somebody whose key is limited to some tenants. */
function NotForTenants({ title }: { title: string }) {
  return (
    <>
      <PageHead key={title} title={title} />
      <section class="panel" aria-label={title}>
        <Empty title="This page concerns the whole organisation.">
          Your key is limited to some tenants: their timers and deliveries are on the pages of those.
        </Empty>
      </section>
    </>
  );
}

/** The board: a page and the way to the others. */
export function App() {
  if (!client.value) return <SignIn />;
  const { page, part } = place.value;
  const { Content, page: current, title, isOfTenants } = PAGES.find((one) => one.page === page) ?? PAGES[0];
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={() => document.querySelector('h1')?.focus()}>
        Skip to the content
      </button>
      <Side current={current} />
      <div class="content">
        <Banner />
        <main>
          {isLimited.value && !isOfTenants ? <NotForTenants title={title} /> : <Content key={part ?? ''} />}
        </main>
      </div>
      <Toasts />
    </div>
  );
}
