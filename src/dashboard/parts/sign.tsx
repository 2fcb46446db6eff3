/** The spring of a watch: what Mainspring is known by. */
export function Sign() {
  return (
    <svg class="sign" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path
        d="M16 16a2 2 0 1 1 2 2 4 4 0 1 1 4-4 7 7 0 1 1-7-7 10 10 0 1 1-10 10 13 13 0 0 0 3 8"
        fill="none"
        stroke="currentColor"
        stroke-width="3"
        stroke-linecap="round"
      />
    </svg>
  );
}
