import { computed, signal } from '@preact/signals';

/** Where in the board somebody is: `#/tasks/abc?status=failed` is the page `tasks`, its part `abc`, and a query. */
export interface Place {
  page: string;
  part: string | undefined;
  query: URLSearchParams;
}

const hash = signal(window.location.hash);
window.addEventListener('hashchange', () => {
  hash.value = window.location.hash;
});

/** An address that somebody typed or cut off may hold a lone `%`: it stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function parse(text: string): Place {
  const [path = '', query = ''] = text.replace(/^#\/?/, '').split('?', 2);
  const [page = '', part] = path.split('/').map(decoded);
  return { page, part, query: new URLSearchParams(query) };
}

export const place = computed(() => parse(hash.value));

/** The address of a page, of one thing on it, or of a choice of things. */
export function hrefOf(page: string, part?: string, query: Record<string, string> = {}): string {
  const path = part === undefined ? page : `${page}/${encodeURIComponent(part)}`;
  const given = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''));
  return `#/${path}${given.size > 0 ? `?${given}` : ''}`;
}

export function goTo(href: string): void {
  window.location.hash = href;
}
