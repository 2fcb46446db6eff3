/** A little patience: it may be far away. */
const LONGEST_ANSWER_MS = 3_000;

export interface ApiAnswer {
  status: number;
  body: unknown;
  date: string | null;
}

/** Asks the API something; null where nobody answers there. */
export async function askApi(url: string, headers: Record<string, string> = {}): Promise<ApiAnswer | null> {
  try {
    // A redirect would carry a credential to wherever it points.
    const init: RequestInit = { headers, redirect: 'manual', signal: AbortSignal.timeout(LONGEST_ANSWER_MS) };
    const response = await fetch(url, init);
    const text = await response.text();
    return { status: response.status, body: readJson(text), date: response.headers.get('date') };
  } catch {
    // Refused, too slow, unknown name: there is no API for us.
    return null;
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Somebody else's page.
    return null;
  }
}

export function detailOf({ status, body }: ApiAnswer): string {
  const isProblem = typeof body === 'object' && body !== null && 'detail' in body;
  return isProblem ? String(body.detail) : `it answers ${status}`;
}
