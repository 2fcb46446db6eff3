/** PostgreSQL takes notices of less than 8,000 bytes; ids are ASCII and at most some 400 long. */
const MOST_BYTES = 7_500;

/** Notices that tell whoever waits which things ended; each as `<org>/<id>`, separated by spaces. */
export function endedNotices(orgId: string, ids: readonly string[]): string[] {
  const notices: string[] = [];
  let notice = '';
  for (const id of ids) {
    const name = `${orgId}/${id}`;
    if (notice.length + name.length >= MOST_BYTES) {
      notices.push(notice);
      notice = '';
    }
    notice = notice === '' ? name : `${notice} ${name}`;
  }
  return notice === '' ? notices : [...notices, notice];
}

/** Whether a notice tells of this thing. */
export const tellsOf = (notice: string, orgId: string, id: string): boolean =>
  notice.split(' ').includes(`${orgId}/${id}`);
