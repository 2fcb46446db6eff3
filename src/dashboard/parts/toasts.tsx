import { said, unsay } from '../said.js';
import { Icon } from './icon.js';

/** What came of what was done, until it is closed or has been there for a while. */
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite" aria-label="What came of it">
      {said.value.map(({ id, tone, text }) => (
        <div key={id} class="toast" data-tone={tone}>
          <span>{text}</span>
          <button type="button" class="icon-button" onClick={() => unsay(id)}>
            <Icon name="close" />
            <span class="unseen">Close</span>
          </button>
        </div>
      ))}
    </div>
  );
}
