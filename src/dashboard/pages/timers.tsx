import { firstPage } from '../first-page.js';
import { useLive } from '../live.js';

const SHOWN = 100;

export function Timers() {
  const { data, error } = useLive('timers', ['timer.'], (client, signal) =>
    firstPage(client.timers.list({ limit: SHOWN }, { signal })),
  );
  return (
    <>
      {error === undefined ? null : <p role="alert">{error}</p>}
      <table>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Status</th>
            <th scope="col">Due</th>
          </tr>
        </thead>
        <tbody>
          {data?.map((timer) => (
            <tr key={timer.id}>
              <td>{timer.name}</td>
              <td>{timer.status}</td>
              <td>{timer.fireAt}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
