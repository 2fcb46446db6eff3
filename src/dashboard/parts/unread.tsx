import type { Live } from '../live.js';
import { PageHead } from './page-head.js';
import { Failure } from './words.js';

/** The page of something that was not read yet, or cannot be. */
export function Unread(props: {
  title: string;
  back: { href: string; title: string };
  live: Pick<Live<unknown>, 'error' | 'reload'>;
}) {
  const { title, back, live } = props;
  return (
    <>
      <PageHead title={title} back={back} />
      {live.error === undefined ? (
        <section class="panel panel-body" aria-busy="true" aria-label={title}>
          <span class="skeleton" />
        </section>
      ) : (
        <Failure text={live.error} retry={live.reload} />
      )}
    </>
  );
}
