import { goTo, hrefOf, place } from '../place.js';

/** The query of the place with one part of it changed; an empty text takes it away. */
function withPart(name: string, value: string): string {
  const { page, part, query } = place.peek();
  return hrefOf(page, part, { ...Object.fromEntries(query), [name]: value });
}

type Choice = readonly [value: string, title: string];

/** All, or one of these statuses. */
export const choicesOf = (statuses: readonly string[]): readonly Choice[] => [
  ['', 'All'],
  ...statuses.map((status): Choice => [status, status.replaceAll('_', ' ')]),
];

/** Which of these the address says; undefined where it says none of them. */
export function chosenOf<Value extends string>(values: readonly Value[], name: string): Value | undefined {
  const said = place.value.query.get(name);
  return values.find((value) => value === said);
}

/** A choice of few that stands in the address, such as a status. */
export function Tabs(props: {
  name: string;
  label: string;
  choices: readonly Choice[];
  /** Chosen where the address says nothing; else the first. */
  initial?: string;
}) {
  const { name, label, choices, initial = choices[0]?.[0] } = props;
  const chosen = place.value.query.get(name) ?? initial;
  return (
    <nav class="tabs" aria-label={label}>
      {choices.map(([value, title]) => (
        <a
          key={value}
          href={withPart(name, value === initial ? '' : value)}
          aria-current={value === chosen ? 'true' : undefined}
        >
          {title}
        </a>
      ))}
    </nav>
  );
}

/** A text that stands in the address and narrows a list: taken when it is left, or on Enter. */
export function TextFilter({ name, label, hint }: { name: string; label: string; hint?: string }) {
  const value = place.value.query.get(name) ?? '';
  return (
    <label>
      {label}
      <input
        type="search"
        value={value}
        placeholder={hint}
        maxLength={128}
        onChange={(event) => goTo(withPart(name, event.currentTarget.value.trim()))}
      />
    </label>
  );
}
