import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface PageHeadProps {
  title: string;
  /** The list that this is one of. */
  back?: { href: string; title: string };
  /** Beside the title: its status. */
  about?: ComponentChildren;
  actions?: ComponentChildren;
}

/** Whether somebody came here from another page of the board: then the reader is led to its head. */
let cameFrom: string | undefined;

/** The head of a page: its one `h1`, also the title of the window. */
export function PageHead({ title, back, about, actions }: PageHeadProps) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Mainspring`;
  }, [title]);
  useEffect(() => {
    if (cameFrom !== undefined && cameFrom !== window.location.hash) head.current?.focus();
    cameFrom = window.location.hash;
  }, []);
  return (
    <header class="page-head">
      <div>
        {back ? (
          <a class="back" href={back.href}>
            ← {back.title}
          </a>
        ) : null}
        <h1 ref={head} tabIndex={-1} dir="auto">
          {title}
        </h1>
        {about === undefined ? null : <div class="about">{about}</div>}
      </div>
      {actions === undefined ? null : <div class="buttons">{actions}</div>}
    </header>
  );
}
