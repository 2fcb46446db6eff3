/** Why something is done, where that may be said. */
export const Reason = ({ maxLength }: { maxLength: number }) => (
  <label>
    Reason (optional)
    <input name="reason" maxLength={maxLength} />
  </label>
);

/** Who does it: the key is everybody's. */
export const Who = () => (
  <label>
    Your name (optional)
    <input name="who" maxLength={200} autocomplete="name" />
  </label>
);
